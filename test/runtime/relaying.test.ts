import { readFileSync } from 'node:fs';
import t from 'tap';
import type { Supervisor } from '../../runtime/index.ts';
import { eventually } from '../eventually.ts';
import type { Order } from '../fixtures/streamer.ts';
import { fixture, openHeld, openHost } from '../host.ts';
import { notes, read, readFirst, say, sayThen, traced, traceFile } from './reading.ts';

const agents = { streamer: fixture('streamer') };
const cancelledTurns = (host: Supervisor, count: number) =>
  eventually(`${count} turns were cancelled`, () => host.stats().turns.cancelled === count);

t.test('an agent reads what another yields, and passes it on', async (t) => {
  const host = await openHost(t, { agents });
  const stream = host.stream('a', { do: 'relay', whom: 'b', what: say(1, 2, 3) });
  t.same(await read(stream), { chunks: [1, 2, 3] });
  t.equal(await stream.reply, 3);
  const thrown = await read(host.stream('a', { do: 'relay', whom: 'b', what: sayThen('throw') }));
  t.match(thrown, { chunks: ['a', 'b'], error: { name: 'RangeError' } });
  const cycle = await read(host.stream('a', { do: 'relay', whom: 'a', what: say(1) }));
  t.match(cycle.error, { code: 'ERR_DROWSE_CALL_CYCLE' });
});

t.test('a stream that is passed on whole brings its reply', async (t) => {
  const host = await openHost(t, { agents: { ...agents, caller: fixture('caller') } });
  for (const id of ['streamer/a', 'caller/a']) {
    const stream = host.stream(id, { do: 'passOn', whom: 'streamer/b', what: say(1, 2) });
    t.match(await read(stream), { chunks: [1, 2] });
    t.type(await stream.reply, 'number');
    const thrown = await read(host.stream(id, { do: 'passOn', whom: 'streamer/b', what: sayThen('throw') }));
    t.match(thrown, { chunks: ['a', 'b'], error: { name: 'RangeError' } });
  }
});

t.test('a slow reader at the end of a chain slows its beginning', async (t) => {
  const host = await openHost(t, { agents });
  const trace = traceFile(t);
  const stream = host.stream('a', { do: 'relay', whom: 'b', what: { do: 'flood', count: 2_000, bytes: 10, trace } });
  // Its reader's reader, the one between them, and what each has read and not told of.
  await eventually('it is as far ahead as it may', () => readFileSync(trace).length >= 128);
  t.ok(readFileSync(trace).length <= 144);
  t.equal((await read(stream)).chunks.length, 2_000);
});

t.test('an agent that leaves the stream of another cancels that turn, and goes on', async (t) => {
  const host = await openHost(t, { agents });
  const trace = traceFile(t);
  const what = sayThen('waitForAbort', { trace });
  t.equal(await host.send('a', { do: 'relay', whom: 'b', what, atMost: 1 }), 1);
  await traced(trace);
  await cancelledTurns(host, 1);
});

t.test('a turn that ends with a stream unread cancels what makes it', async (t) => {
  const host = await openHost(t, { agents });
  const what = sayThen('waitForAbort');
  t.equal(await host.send('a', { do: 'relay', whom: 'b', what, unread: true }), 'unread');
  await eventually('nothing is left of it', () => host.stats().mailbox.waiting === 0);
  t.same(await host.send('b', notes), []);
});

t.test('a turn that ends with a stream unread before that could leave sends nothing', async (t) => {
  const { host, disk } = await openHeld(t, { agents });
  const first = host.send('a', say(1));
  const second = host.send('a', { do: 'relay', whom: 'b', what: sayThen('waitForAbort'), unread: true });
  await eventually('the first turn waits to be written', () => disk.waiting === 1);
  await eventually('the second is over', async () => {
    const info = await host.inspect('a');
    return info?.awake?.waiting === 0 && info.awake.turnForMs === undefined;
  });
  disk.release();
  t.equal(await first, 1);
  t.equal(await second, 'unread');
  t.equal((await host.inspect('b'))?.awake, undefined);
});

t.test('leaving a stream cancels the whole chain behind it', async (t) => {
  const host = await openHost(t, { agents });
  const trace = traceFile(t);
  const what: Order = { do: 'relay', whom: 'c', what: sayThen('waitForAbort', { trace }) };
  t.equal(await readFirst(host.stream('a', { do: 'relay', whom: 'b', what })), 'a');
  await traced(trace);
  await cancelledTurns(host, 3);
});
