import { readFileSync } from 'node:fs';
import t from 'tap';
import { eventually } from '../eventually.ts';
import type { Order } from '../fixtures/streamer.ts';
import { agentWorkers, fixture, openHeld, openHost } from '../host.ts';
import { notes, read, readFirst, say, sayThen, traced, traceFile } from './reading.ts';

const agents = { streamer: fixture('streamer') };

t.test('chunks come in their order, then the reply', async (t) => {
  const host = await openHost(t, { agents });
  const stream = host.stream('a', say(1, { two: [2n] }, undefined, 'four'));
  t.same(await read(stream), { chunks: [1, { two: [2n] }, undefined, 'four'] });
  t.equal(await stream.reply, 4);
  t.same(await read(stream), { chunks: [] }, 'it can be read once');
  t.same(await read(host.stream('a', { do: 'yieldState' })), {
    chunks: [[1, { two: [2n] }, undefined, 'four', { deep: ['draft'] }]],
  });
});

t.test('a send to an agent that yields gets its reply, and so does a tell', async (t) => {
  const host = await openHost(t, { agents });
  t.equal(await host.send('a', say(1, 2)), 2);
  await host.tell('a', say(3));
  t.same(await host.send('a', notes), [1, 2, 3]);
});

t.test('an agent that does not yield has a reply alone', async (t) => {
  const host = await openHost(t);
  const stream = host.stream('a', { do: 'note', what: 1 });
  t.same(await read(stream), { chunks: [] });
  t.equal(await stream.reply, 1);
});

t.test('a few chunks that nobody reads hold nothing up', async (t) => {
  const host = await openHost(t, { agents });
  t.equal(await host.stream('a', say(1, 2, 3)).reply, 3);
});

t.test('a slow reader slows the agent', async (t) => {
  const host = await openHost(t, { agents });
  const trace = traceFile(t);
  const made = () => readFileSync(trace).length;
  const stream = host.stream('a', { do: 'flood', count: 1_000, bytes: 10, trace });
  await eventually('it is as far ahead as it may', () => made() === 64);
  let count = 0;
  for await (const _chunk of stream) {
    count += 1;
    if (made() - count > 64) t.fail(`${made()} chunks were made as ${count} had been read`);
  }
  t.equal(count, 1_000);
  t.equal(await stream.reply, 1_000);
});

t.test('large chunks slow it after fewer', async (t) => {
  const host = await openHost(t, { agents });
  const trace = traceFile(t);
  const made = () => readFileSync(trace).length;
  const stream = host.stream('a', { do: 'flood', count: 20, bytes: 300_000, trace });
  await eventually('it is as far ahead as it may', () => made() === 4);
  t.equal((await read(stream)).chunks.length, 20);
});

t.test('leaving the loop cancels the turn', async (t) => {
  const host = await openHost(t, { agents });
  const trace = traceFile(t);
  const stream = host.stream('a', sayThen('waitForAbort', { trace }));
  t.equal(await readFirst(stream), 'a', 'a chunk comes before the turn has ended');
  await t.rejects(stream.reply, { code: 'ERR_DROWSE_ABORTED' });
  await traced(trace);
  t.same(await host.send('a', notes), []);
});

t.test('leaving the loop cancels a turn that waits for its reader', async (t) => {
  const host = await openHost(t, { agents });
  const trace = traceFile(t);
  const stream = host.stream('a', { do: 'flood', count: 1_000, bytes: 10, trace });
  await eventually('it is as far ahead as it may', () => readFileSync(trace).length === 64);
  await readFirst(stream);
  await t.rejects(stream.reply, { code: 'ERR_DROWSE_ABORTED' });
  t.equal(readFileSync(trace).length, 64, 'where it waits');
  t.same(await host.send('a', notes), [], 'the agent goes on');
});

t.test('leaving before its turn has begun withdraws the message', async (t) => {
  const host = await openHost(t, { agents });
  const first = host.stream('a', sayThen('waitForAbort'));
  await first[Symbol.asyncIterator]().next();
  const second = host.stream('a', say('never'));
  await second[Symbol.asyncIterator]().return?.();
  await t.rejects(second.reply, { code: 'ERR_DROWSE_ABORTED' });
  await first[Symbol.asyncIterator]().return?.();
  t.same(await host.send('a', notes), []);
});

t.test('leaving a turn that has committed changes nothing', async (t) => {
  const host = await openHost(t, { agents });
  const stream = host.stream('a', say(1, 2));
  t.equal(await stream.reply, 2);
  t.equal(await readFirst(stream), 1);
  t.equal(await stream.reply, 2);
  t.same(await host.send('a', notes), [1, 2]);
});

t.test('leaving while the turn is being written leaves the outcome to its reply', async (t) => {
  const { host, disk } = await openHeld(t, { agents });
  const stream = host.stream('a', say(1, 2));
  await eventually('the turn waits to be written', () => disk.waiting === 1);
  t.equal(await readFirst(stream), 1);
  disk.release();
  t.equal(await stream.reply, 2, 'it had been too late');
  t.same(await host.send('a', notes), [1, 2]);
});

t.test('a turn that throws ends the loop with its error, behind the chunks, and changes nothing', async (t) => {
  const host = await openHost(t, { agents });
  const stream = host.stream('a', sayThen('throw'));
  t.match(await read(stream), { chunks: ['a', 'b'], error: { name: 'RangeError', message: 'it was told to throw' } });
  await t.rejects(stream.reply, { name: 'RangeError' });
  t.same(await host.send('a', notes), []);
});

t.test('a crash between chunks ends the loop with the cause', async (t) => {
  const host = await openHost(t, { agents });
  const found = await read(host.stream('a', sayThen('exit')));
  t.match(found, { chunks: ['a', 'b'], error: { code: 'ERR_DROWSE_AGENT_CRASHED' } });
  t.same(await host.send('a', notes), []);
});

t.test('a chunk that cannot be copied, or is too large, fails the turn', async (t) => {
  const host = await openHost(t, { agents, maxMessageMb: 0.5 });
  const found = await read(host.stream('a', sayThen('function')));
  t.match(found, { chunks: ['a', 'b'], error: { code: 'ERR_DROWSE_NOT_SERIALIZABLE', message: /^chunk\.deep / } });
  const large = await read(host.stream('a', sayThen('large')));
  t.match(large, { chunks: ['a', 'b'], error: { code: 'ERR_DROWSE_MESSAGE_TOO_LARGE', message: /^The chunk has / } });
  t.same(await host.send('a', notes), []);
});

t.test('a signal and a timeout end a stream', async (t) => {
  const host = await openHost(t, { agents });
  const controller = new AbortController();
  const aborted = host.stream('a', sayThen('waitForAbort'), { signal: controller.signal });
  const reading = read(aborted);
  await eventually('the turn runs', async () => (await host.inspect('a'))?.awake?.turnForMs !== undefined);
  controller.abort(new Error('enough'));
  t.match(await reading, { error: { code: 'ERR_DROWSE_ABORTED', cause: { message: 'enough' } } });
  const late = await read(host.stream('a', sayThen('waitForAbort'), { timeoutMs: 50 }));
  t.match(late.error, { code: 'ERR_DROWSE_TIMEOUT' });
});

t.test('a turn that yields and then ignores its signal is ended after the grace', async (t) => {
  const host = await openHost(t, { agents, abortGraceMs: 50 });
  const stream = host.stream('a', sayThen('ignoreAbort'));
  t.equal(await readFirst(stream), 'a');
  await t.rejects(stream.reply, { code: 'ERR_DROWSE_ABORTED' });
  t.same(await host.send('a', notes), []);
});

t.test('what is wrong with a message comes by the stream', async (t) => {
  const host = await openHost(t, { agents });
  t.match(await read(host.stream('none/a', say(1))), { error: { code: 'ERR_DROWSE_UNKNOWN_TYPE' } });
  t.match(await read(host.stream('a', () => 1)), { error: { code: 'ERR_DROWSE_NOT_SERIALIZABLE' } });
  const signal = 'now' as unknown as AbortSignal;
  t.match(await read(host.stream('a', say(1), { signal })), { error: { code: 'ERR_DROWSE_INVALID_OPTIONS' } });
  t.match(await read(host.stream('a', say(1), { signal: AbortSignal.abort() })), {
    error: { code: 'ERR_DROWSE_ABORTED' },
  });
});

t.test('a host that closes ends its streams', async (t) => {
  const host = await openHost(t, { agents });
  const stream = host.stream('a', sayThen('waitForAbort'));
  const reading = read(stream);
  await eventually('the turn runs', async () => (await host.inspect('a'))?.awake?.turnForMs !== undefined);
  await host.close({ drainMs: 0 });
  t.match(await reading, { error: { code: 'ERR_DROWSE_CLOSED' } });
});

t.test('chunks wait until all earlier turns are durable', async (t) => {
  const { host, disk } = await openHeld(t, { agents });
  const first = host.send('a', say(1));
  const stream = host.stream('a', sayThen('waitForAbort'));
  const chunk = readFirst(stream);
  await eventually('the first turn waits to be written', () => disk.waiting === 1);
  await eventually('the second runs', async () => (await host.inspect('a'))?.awake?.turnForMs !== undefined);
  const order: unknown[] = [];
  void chunk.then((it) => order.push(it));
  void first.then((it) => order.push(it));
  disk.release();
  await chunk;
  await first;
  t.same(order, [1, 'a']);
});

t.test('a crash while an earlier turn is written ends the loop behind the chunks too', async (t) => {
  const { host, disk } = await openHeld(t, { agents });
  const first = host.send('a', say(1));
  const reading = read(host.stream('a', sayThen('exit')));
  await eventually('the first turn waits to be written', () => disk.waiting === 1);
  await eventually('the second has ended its worker', () => agentWorkers(host) === 0);
  disk.release();
  t.equal(await first, 1);
  t.match(await reading, { chunks: ['a'], error: { code: 'ERR_DROWSE_AGENT_CRASHED' } });
});

t.test('if an earlier turn cannot be written, no chunk of a later one is seen', async (t) => {
  const { host, disk } = await openHeld(t, { agents });
  const first = t.rejects(host.send('a', say(1)), { code: 'ERR_DROWSE_STORE_FAILED' });
  const reading = read(host.stream('a', sayThen('waitForAbort')));
  await eventually('the first turn waits to be written', () => disk.waiting === 1);
  await eventually('the second runs', async () => (await host.inspect('a'))?.awake?.turnForMs !== undefined);
  disk.fill();
  disk.release();
  await first;
  t.match(await reading, { chunks: [], error: { code: 'ERR_DROWSE_STORE_FAILED' } });
  disk.free();
});

t.test('a repeat under an idempotency key gets the reply alone', async (t) => {
  const host = await openHost(t, { agents });
  const once = { idempotencyKey: 'k' };
  const stream = host.stream('a', say(1, 2), once);
  t.same(await read(stream), { chunks: [1, 2] });
  const repeat = host.stream('a', say(1, 2), once);
  t.same(await read(repeat), { chunks: [] });
  t.equal(await repeat.reply, 2);
  t.equal(await host.send('a', say(1, 2), once), 2);
});

t.test('who leaves a stream that another waits for leaves the turn running', async (t) => {
  const host = await openHost(t, { agents });
  const once = { idempotencyKey: 'k' };
  const trace = traceFile(t);
  const flood: Order = { do: 'flood', count: 500, bytes: 10, trace };
  const stream = host.stream('a', flood, once);
  await eventually('it is as far ahead as it may', () => readFileSync(trace).length === 64);
  const other = host.send('a', flood, once);
  t.equal(await readFirst(stream), 'x'.repeat(10));
  t.equal(await other, 500);
});

t.test('who reads nothing and gives up leaves the turn running for others', async (t) => {
  const host = await openHost(t, { agents });
  const once = { idempotencyKey: 'k' };
  const trace = traceFile(t);
  const flood: Order = { do: 'flood', count: 500, bytes: 10, trace };
  const controller = new AbortController();
  const stream = host.stream('a', flood, { ...once, signal: controller.signal });
  await eventually('it is as far ahead as it may', () => readFileSync(trace).length === 64);
  const other = host.send('a', flood, once);
  controller.abort();
  await t.rejects(stream.reply, { code: 'ERR_DROWSE_ABORTED' });
  t.equal(await other, 500);
});

t.test('who leaves behind small chunks leaves room for large ones', async (t) => {
  const host = await openHost(t, { agents });
  const once = { idempotencyKey: 'k' };
  // So few and small that the turn has not been told yet that they were read.
  const small = Array.from({ length: 15 }, () => 'x');
  const message = say(...small, ...Array.from({ length: 30 }, () => 'x'.repeat(100_000)));
  const iterator = host.stream('a', message, once)[Symbol.asyncIterator]();
  for (const chunk of small) t.equal((await iterator.next()).value, chunk);
  const other = host.send('a', message, once);
  await eventually('it runs', async () => (await host.inspect('a'))?.awake?.turnForMs !== undefined);
  await iterator.return?.();
  t.equal(await other, 45);
});
