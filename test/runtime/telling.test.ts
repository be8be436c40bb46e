import t from 'tap';
import { MemoryStore, type Pending } from '../../runtime/index.ts';
import { eventually } from '../eventually.ts';
import { HeldStore } from '../held-store.ts';
import { fixture, openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';
import { inboxOf, notesOf, processed } from './durable-messages.ts';
import { Gate } from './gate.ts';
import { HeldDisk } from './held-disk.ts';

const note = (what: unknown) => ({ do: 'note', what });

t.test('a message that is told wakes a sleeping agent, which processes it without answering', async (t) => {
  const host = await openHost(t);
  t.equal(await host.tell('probe/a', note(1)), undefined);
  await processed(host, 'probe/a');
  await host.passivate('probe/a');
  await host.tell('probe/a', note(2));
  await processed(host, 'probe/a');
  t.same(await notesOf(host, 'probe/a'), [1, 2]);
});

t.test('a message that is told is on disk before the call resolves, and nobody is woken before that', async (t) => {
  const store = new HeldDisk();
  const host = await openHost(t, { store });
  store.hold();
  const message = note({ n: 1 });
  const told = host.tell('probe/a', message);
  message.what = 'changed after the call';
  await eventually('it waits to be written', () => store.held.length === 1);
  t.match(host.stats().workers, { starting: 0, threads: 0 });
  store.release();
  await told;
  await processed(host, 'probe/a');
  t.same(await notesOf(host, 'probe/a'), [{ n: 1 }], 'it was copied at the call');
});

t.test('a thousand messages are processed once each, in the order they were told', async (t) => {
  const host = await openHost(t);
  const numbers = Array.from({ length: 1_000 }, (_, i) => i);
  await Promise.all(numbers.map((n) => host.tell('probe/a', note(n))));
  await processed(host, 'probe/a');
  t.same(await notesOf(host, 'probe/a'), numbers);
});

t.test('a message told while the agent reads what waits for it keeps its place', async (t) => {
  const store = new MemoryStore();
  const reading = Promise.withResolvers<void>();
  const read = Promise.withResolvers<void>();
  const pending = store.messages.pending.bind(store.messages);
  // The page behind the first is taken from the disk at once, and arrives when the test lets it.
  store.messages.pending = async (agentId, query): Promise<Pending> => {
    const page = await pending(agentId, query);
    if (!query?.after) return page;
    reading.resolve();
    await read.promise;
    return page;
  };
  const host = await openHost(t, { store });
  const numbers = Array.from({ length: 100 }, (_, i) => i);
  await Promise.all(numbers.map((n) => host.tell('probe/a', note(n))));
  await reading.promise;
  await host.tell('probe/a', note(100));
  read.resolve();
  await processed(host, 'probe/a');
  t.same(await notesOf(host, 'probe/a'), [...numbers, 100]);
});

t.test('after a restart, agents are started for what waits for them, and no others', async (t) => {
  const directory = `${testFolder(t)}/data`;
  const first = await openHost(t, { directory });
  const gate = new Gate(t);
  for (const id of ['probe/b', 'probe/c']) await first.send(id, note('before'));
  await first.tell('probe/a', { do: 'act', note: 'told', gate: gate.name });
  await first.tell('probe/a', note('behind'));
  await first.tell('probe/b', { do: 'act', note: 'told', gate: gate.name });
  await eventually('both turns run', () => gate.begun === 2);
  await first.close({ drainMs: 0 });

  gate.forget();
  gate.say('go', 'go');
  const started: string[] = [];
  const second = await openHost(t, { directory });
  second.on('activated', ({ agentId }) => started.push(agentId));
  await processed(second, 'probe/a');
  await processed(second, 'probe/b');
  t.same(started.sort(), ['probe/a', 'probe/b']);
  t.same(await notesOf(second, 'probe/a'), ['told', 'behind']);
  t.same(await notesOf(second, 'probe/b'), ['before', 'told']);
});

t.test("a message told during a delete is the new agent's; what was told before it is gone", async (t) => {
  const host = await openHost(t);
  const gate = new Gate(t);
  await host.send('probe/a', note('old'));
  await host.tell('probe/a', { do: 'act', gate: gate.name });
  await host.tell('probe/a', note('told before'));
  await eventually('its turn runs', () => gate.begun === 1);
  const deleted = host.delete('probe/a');
  await host.tell('probe/a', note('told during'));
  t.equal(await deleted, true);
  await processed(host, 'probe/a');
  t.same(await notesOf(host, 'probe/a'), ['told during']);
});

t.test('a delete that is called during another takes what was told between them', async (t) => {
  const store = new HeldStore();
  const host = await openHost(t, { store });
  const written = host.send('probe/a', note('old'));
  await eventually('a write holds up the end of its thread', () => store.held.length === 1);
  const first = host.delete('probe/a');
  // A tell is acknowledged after the delete before it: a host that died in between would keep the one without the other.
  const before = host.tell('probe/a', note('told before the second'));
  const second = host.delete('probe/a');
  const after = host.tell('probe/a', note('told after the second'));
  store.release();
  await Promise.all([first, before, second, after, written]);
  await processed(host, 'probe/a');
  t.same(await notesOf(host, 'probe/a'), ['told after the second']);
});

t.test('an agent tells others and itself; what it tells itself is a turn of its own, behind this one', async (t) => {
  const host = await openHost(t);
  const gate = new Gate(t);
  const tells = [
    ['probe/a', note('told to itself')],
    ['b', note('one type takes bare keys')],
    ['probe/b', note('second')],
  ];
  const telling = host.send('probe/a', { do: 'act', note: 'first', tells, gate: gate.name });
  const behind = host.send('probe/a', note('sent before the turn ended'));
  gate.say('go');
  await Promise.all([telling, behind]);
  await processed(host, 'probe/a');
  await processed(host, 'probe/b');
  t.same(await notesOf(host, 'probe/a'), ['first', 'sent before the turn ended', 'told to itself']);
  t.same(await notesOf(host, 'probe/b'), ['one type takes bare keys', 'second']);
});

t.test('an inbox says who told a message; what comes from outside says nothing', async (t) => {
  const host = await openHost(t);
  const gate = new Gate(t);
  await host.tell('probe/b', { do: 'act', gate: gate.name });
  await host.send('probe/a', { do: 'act', tells: [['probe/b', note('from an agent')]] });
  t.match(await inboxOf(host, 'probe/b'), [
    { message: { do: 'act' }, from: undefined, alarm: undefined },
    { message: note('from an agent'), from: 'probe/a', alarm: undefined, attempts: [] },
  ]);
  gate.say('go');
  await processed(host, 'probe/b');
});

t.test('what activate and passivate tell is kept with the next turn and with the sleep', async (t) => {
  const host = await openHost(t, { agents: { probe: fixture('probe'), herald: fixture('herald') } });
  await host.warm('herald/a');
  await host.passivate('herald/a');
  t.same(await inboxOf(host, 'probe/log'), [], 'an agent that never committed a turn tells nothing');
  await host.warm('herald/a');
  t.same(await inboxOf(host, 'probe/log'), []);
  await host.send('herald/a', {});
  await host.passivate('herald/a');
  await processed(host, 'probe/log');
  t.same(await notesOf(host, 'probe/log'), ['herald/a woke', 'herald/a sleeps']);
});

t.test('a tell that is refused is refused at the call, and the turn that made it tells nothing', async (t) => {
  const host = await openHost(t, { maxMessageMb: 0.01 });
  const bad: Array<[id: string, code: string]> = [
    ['nobody/a', 'ERR_DROWSE_UNKNOWN_TYPE'],
    ['probe/', 'ERR_DROWSE_INVALID_AGENT_ID'],
  ];
  for (const [id, code] of bad) {
    await t.rejects(host.tell(id, {}), { code });
    const tells = [
      ['probe/b', {}],
      [id, {}],
    ];
    await t.rejects(host.send('probe/a', { do: 'act', note: 1, tells }), { code });
  }
  await t.rejects(host.tell('probe/b', 'x'.repeat(20_000)), { code: 'ERR_DROWSE_MESSAGE_TOO_LARGE' });
  await t.rejects(
    host.tell('probe/b', () => {}),
    { code: 'ERR_DROWSE_NOT_SERIALIZABLE' },
  );
  await t.rejects(host.tell('probe/b', {}, { idempotencyKey: '' }), { code: 'ERR_DROWSE_INVALID_OPTIONS' });
  t.same(await inboxOf(host, 'probe/b'), []);
  t.same(await notesOf(host, 'probe/a'), []);
  await host.close();
  await t.rejects(host.tell('probe/b', {}), { code: 'ERR_DROWSE_CLOSED' });
});

t.test('a tell whose write fails may have been stored: then it is processed, though nobody asks', async (t) => {
  const store = new HeldDisk();
  const host = await openHost(t, { store });
  for (const reached of [true, false]) {
    store.hold();
    const told = t.rejects(host.tell('probe/a', note(reached)), { code: 'ERR_DROWSE_STORE_FAILED', retryable: true });
    await eventually('it waits to be written', () => store.held.length === 1);
    store.fail({ reached });
    await told;
    await processed(host, 'probe/a');
  }
  t.same(await notesOf(host, 'probe/a'), [true]);
});
