import t from 'tap';
import { fixture, openHost } from '../host.ts';

t.test('a turn changes the state, and its reply comes back', async (t) => {
  const host = await openHost(t);
  t.equal(await host.send('probe/a', { do: 'note', what: 1 }), 1);
  t.equal(await host.send('probe/a', { do: 'note', what: 2 }), 2);
  t.same(await host.send('probe/a', { do: 'notes' }), [1, 2], 'a reply may hold parts of the state');
});

t.test('turns run one at a time, in the order of their sends', async (t) => {
  const host = await openHost(t);
  const sends = Array.from({ length: 200 }, (_, i) => host.send('probe/a', { do: 'note', what: i }));
  t.same(
    await Promise.all(sends),
    Array.from({ length: 200 }, (_, i) => i + 1),
  );
  t.same(
    await host.send('probe/a', { do: 'notes' }),
    Array.from({ length: 200 }, (_, i) => i),
  );
});

t.test('a turn that waits holds up the ones behind it, and no other agent', async (t) => {
  const host = await openHost(t);
  const order: string[] = [];
  const slow = host.send('probe/a', { do: 'wait', ms: 300 }).then(() => order.push('slow'));
  const behind = host.send('probe/a', { do: 'nothing' }).then(() => order.push('behind'));
  await host.warm('probe/b');
  await host.send('probe/b', { do: 'nothing' }).then(() => order.push('other'));
  await Promise.all([slow, behind]);
  t.same(order, ['other', 'slow', 'behind']);
});

t.test('a throw reaches the caller as it was thrown, and leaves no trace in the state', async (t) => {
  const host = await openHost(t);
  await host.send('probe/a', { do: 'note', what: 'kept' });
  const error = await host.send('probe/a', { do: 'throw', after: 'rolled back' }).catch((e: Error) => e);
  t.match(error, { name: 'ProbeError', message: 'it was told to throw', detail: { kind: 'told to' } });
  t.match((error as Error).cause, { message: 'the cause' });
  t.match((error as Error).stack, /probe\.ts/);
  t.same(await host.send('probe/a', { do: 'notes' }), ['kept']);
});

t.test('a message is taken as it was at the call', async (t) => {
  const host = await openHost(t);
  const message = { do: 'note', what: { n: 1 } };
  const sent = host.send('probe/a', message);
  message.what.n = 2;
  await sent;
  t.same(await host.send('probe/a', { do: 'notes' }), [{ n: 1 }]);
});

t.test('messages, replies and state hold what structured clone holds', async (t) => {
  const host = await openHost(t);
  const value = { date: new Date(5), map: new Map([['k', new Set([1n])]]), bytes: new Uint8Array([1, 2]), re: /x/g };
  await host.send('probe/a', { do: 'note', what: value });
  await host.passivate('probe/a');
  t.same(await host.send('probe/a', { do: 'notes' }), [value]);
});

t.test('the first turn makes the agent exist, even if it changes nothing; a throw does not', async (t) => {
  const host = await openHost(t);
  await t.rejects(host.send('probe/a', { do: 'throw' }));
  await host.warm('probe/b');
  t.equal(host.stats().agents.total, 0);
  t.equal(host.stats().agents.warming, 2);
  await host.send('probe/a', { do: 'nothing' });
  t.equal(host.stats().agents.total, 1);
  t.same((await host.inspect('probe/a'))?.sequence, 1);
  await host.send('probe/a', { do: 'nothing' });
  t.same((await host.inspect('probe/a'))?.sequence, 1, 'later turns that change nothing write nothing');
});

t.test('one type takes bare keys; inspect, list and delete know the full id', async (t) => {
  const host = await openHost(t);
  await host.send('alice', { do: 'note', what: 1 });
  t.equal(await host.send('probe/alice', { do: 'note', what: 2 }), 2);
  t.equal((await host.inspect('alice'))?.id, 'probe/alice');
  t.equal(await host.delete('alice'), true);
});

t.test('an agent sees the environment variables named for its type, and no others', async (t) => {
  process.env.DROWSE_TEST_SEEN = 'yes';
  process.env.DROWSE_TEST_HIDDEN = 'no';
  const module = new URL('../fixtures/probe.ts', import.meta.url);
  const host = await openHost(t, { agents: { probe: { module, env: ['DROWSE_TEST_SEEN'] } } });
  t.same(await host.send('probe/a', { do: 'env' }), { DROWSE_TEST_SEEN: 'yes' });
});

t.test("an agent's output and log lines reach the host's log, tagged with its id", async (t) => {
  const lines: Array<[object, string]> = [];
  const note = (fields: object, text: string) => void lines.push([fields, text]);
  const host = await openHost(t, { log: { debug() {}, info: note, warn: note, error: note } });
  await host.send('probe/a', { do: 'print', text: 'hello' });
  await host.passivate('probe/a');
  t.match(
    lines.find(([, text]) => text === 'hello'),
    [{ agentId: 'probe/a', stream: 'stdout' }],
  );
  t.match(
    lines.find(([, text]) => text === 'a line of its own'),
    [{ agentId: 'probe/a', said: 'hello' }],
  );
  t.ok(lines.find(([, text]) => text === 'a text alone'));
  t.match(
    lines.find(([, text]) => /cannot be copied/.test(text)),
    [{ agentId: 'probe/a', fields: /Function/ }],
    'what cannot be copied is shown, and fails no turn',
  );
});

t.test('an agent that has another process than Node goes on all the same', async (t) => {
  const host = await openHost(t, { agents: { shim: fixture('shim') } });
  t.strictSame(await host.send('a', 'hello'), new Map([['hello', 1]]));
  await host.passivate('a');
  t.strictSame(await host.send('a', 'hello'), new Map([['hello', 2]]));
});
