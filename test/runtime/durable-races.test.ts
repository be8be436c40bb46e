import { writeFileSync } from 'node:fs';
import t from 'tap';
import { encode } from '../../core/codec.ts';
import { DrowseError, MemoryStore, type Supervisor } from '../../runtime/index.ts';
import { eventually } from '../eventually.ts';
import { HeldStore } from '../held-store.ts';
import { openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';
import { inboxOf, isOpen, lettersOf, notesOf, processed, WallClock, waitingFor } from './durable-messages.ts';
import { Gate } from './gate.ts';
import { HeldDisk } from './held-disk.ts';

const note = (what: unknown) => ({ do: 'note', what });
const IDLE = { starting: 0, active: 0, stopping: 0, backoff: 0, zombies: 0, threads: 0 };

/** An agent whose durable turn has crashed, while the note on that waits to be written. */
async function crashed(host: Supervisor, store: HeldDisk, gate: Gate): Promise<void> {
  await host.tell('probe/a', { do: 'act', note: 'told', gate: gate.name });
  await eventually('its turn runs', () => gate.begun === 1);
  store.hold('i');
  const gone = new Promise((resolve) => host.once('crashed', resolve));
  gate.say('exit');
  await gone;
  await eventually('the note waits to be written', () => store.held.length === 1);
}

/** Waits for something while the time goes by. */
async function settled(work: Promise<unknown>, clock: WallClock): Promise<void> {
  let open = true;
  void work.finally(() => {
    open = false;
  });
  await eventually('it is over', () => {
    clock.advance(1);
    return !open;
  });
  await work;
}

const verbs: Record<string, (host: Supervisor) => Promise<unknown>> = {
  send: (host) => host.send('probe/a', note('sent')),
  tell: (host) => host.tell('probe/a', note('told too')),
  warm: (host) => host.warm('probe/a'),
  passivate: (host) => host.passivate('probe/a'),
  inspect: (host) => host.inspect('probe/a', { state: true }),
  'skip of another': (host) => host.skip('probe/a', '999'),
  delete: (host) => host.delete('probe/a'),
  close: (host) => host.close(),
};

for (const [verb, call] of Object.entries(verbs)) {
  t.test(`between a crash and the note on it, ${verb} waits for the note, and the attempt counts`, async (t) => {
    const store = new HeldDisk();
    const clock = new WallClock();
    const host = await openHost(t, { store, clock, maxAttempts: 2, restarts: { backoffMs: [1, 1] } });
    const gate = new Gate(t);
    await crashed(host, store, gate);
    const called = call(host);
    clock.advance(10);
    gate.say('throw');
    store.release();
    await settled(called, clock);
    if (verb === 'close') return;
    await eventually('nothing waits', async () => {
      clock.advance(1);
      return (await waitingFor(host, 'probe/a')).waiting === 0;
    });
    t.equal((await lettersOf(host)).length, verb === 'delete' ? 0 : 1);
    t.equal(gate.begun, verb === 'delete' ? 1 : 2);
    await host.passivate('probe/a');
    t.match(host.stats().workers, IDLE);
  });
}

t.test('a crashed agent whose senders have left closes once the note on its crash is written', async (t) => {
  const store = new HeldDisk();
  const clock = new WallClock();
  const host = await openHost(t, { store, clock, restarts: { backoffMs: [1, 1] } });
  const gate = new Gate(t);
  const controller = new AbortController();
  await host.tell('probe/a', { do: 'act', gate: gate.name });
  await eventually('its turn runs', () => gate.begun === 1);
  const behind = t.rejects(host.send('probe/a', note(1), { signal: controller.signal }), {
    code: 'ERR_DROWSE_ABORTED',
  });
  store.hold();
  const gone = new Promise((resolve) => host.once('crashed', resolve));
  gate.say('exit');
  await gone;
  controller.abort();
  await behind;
  const closed = host.close();
  clock.advance(10);
  t.ok(await isOpen(closed));
  store.release();
  await settled(closed, clock);
  t.match(host.stats().workers, IDLE);
});

t.test('a delete in any moment of a durable turn removes the message, and is answered', async (t) => {
  const host = await openHost(t, { restarts: { backoffMs: [1, 1] } });
  const gate = new Gate(t);
  for (let round = 0; round < 30; round += 1) {
    gate.say(round % 3 === 0 ? 'exit' : round % 3 === 1 ? 'throw' : 'go');
    await host.tell('probe/a', { do: 'act', note: round, gate: gate.name, tells: [['probe/a', note('itself')]] });
    const skipped = round % 2 ? host.skip('probe/a', (await inboxOf(host, 'probe/a'))[0]?.id ?? '') : undefined;
    for (let turns = 0; turns < round; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    const deleted = host.delete('probe/a');
    await Promise.all([deleted, skipped]);
    t.same(await inboxOf(host, 'probe/a'), []);
    gate.forget();
  }
  await host.passivate('probe/a');
  t.match(host.stats().workers, IDLE);
  t.equal(host.stats().agents.total, 0);
});

t.test('a delete that follows a skip, without a moment in between, is answered', async (t) => {
  const host = await openHost(t);
  for (let round = 0; round < 10; round += 1) {
    const gate = new Gate(t);
    await host.tell('probe/a', { do: 'act', gate: gate.name });
    await eventually('its turn runs', () => gate.begun === 1);
    gate.say('exit');
    const [message] = await inboxOf(host, 'probe/a');
    await host.skip('probe/a', message?.id ?? '');
    await host.delete('probe/a');
  }
  t.match(host.stats().workers, IDLE);
});

t.test(
  'messages of an agent whose module is bad wait; repaired, they go on with the next message or wake',
  async (t) => {
    const folder = testFolder(t);
    for (const how of ['tell', 'send', 'warm']) {
      const module = `${folder}/${how}.mjs`;
      writeFileSync(module, "throw new Error('broken');");
      const host = await openHost(t, { directory: `${folder}/${how}`, agents: { late: module } });
      for (const what of [1, 2]) {
        const stopped = new Promise((resolve) => host.once('stopped', resolve));
        await host.tell('late/a', what);
        await stopped;
      }
      await eventually('it is given up for now', () => host.stats().workers.threads === 0);
      t.match(host.stats().workers, IDLE);
      t.match(await host.inspect('late/a'), { status: 'dormant', inbox: { waiting: 2, retrying: undefined } });
      writeFileSync(
        module,
        'export default { initialState: () => [], receive: ({ state }, what) => void (what && state.push(what)) };',
      );
      if (how === 'tell') await host.tell('late/a', 3);
      else if (how === 'send') await host.send('late/a', 3);
      else await host.warm('late/a');
      await processed(host, 'late/a');
      t.same((await host.inspect('late/a', { state: true }))?.state, how === 'warm' ? [1, 2] : [1, 2, 3]);
    }
  },
);

t.test('an agent whose state cannot be read for a while is tried again, and its messages are processed', async (t) => {
  const store = new MemoryStore();
  const open = store.open.bind(store);
  let failures = 3;
  store.open = async (agentId) => {
    failures -= 1;
    if (failures >= 0) throw new DrowseError('ERR_DROWSE_STORE_FAILED', 'The test made this fail.');
    return open(agentId);
  };
  const host = await openHost(t, { store });
  await host.tell('probe/a', note(1));
  await processed(host, 'probe/a');
  t.same(await notesOf(host, 'probe/a'), [1]);
  t.equal(host.stats().crashes, 0);
});

t.test('inboxes and alarms that cannot be read as the host opens are looked for again', async (t) => {
  const store = new MemoryStore();
  const { messages } = store;
  let failures = 2;
  const fail = () => {
    failures -= 1;
    if (failures >= 0) throw new DrowseError('ERR_DROWSE_STORE_FAILED', 'The test made this fail.');
  };
  const [waiting, due] = [messages.waiting.bind(messages), messages.due.bind(messages)];
  messages.waiting = async function* () {
    fail();
    yield* waiting();
  };
  messages.due = async function* (...range) {
    fail();
    yield* due(...range);
  };
  const body = encode(note('told'), 'message');
  const alarm = { name: 'x', number: messages.nextNumber(), at: 1, body: encode(note('alarm'), 'message') };
  await messages.write([
    { kind: 'tell', agentId: 'probe/a', told: { number: messages.nextNumber(), at: 1, body } },
    { kind: 'alarm', agentId: 'probe/b', alarm },
    { kind: 'tell', agentId: 'gone/a', told: { number: messages.nextNumber(), at: 1, body } },
  ]);
  const host = await openHost(t, { store });
  for (const id of ['probe/a', 'probe/b']) {
    await eventually(`${id} was started`, async () => (await host.inspect(id))?.sequence === 1);
  }
  t.ok(failures < 0);
  t.equal((await messages.pending('gone/a')).messages.length, 1, 'what is for a type that is not registered stays');
});

t.test('a write that fails as an agent goes to sleep loses no message told meanwhile', async (t) => {
  const long = 'x'.repeat(5_000);
  const store = new HeldStore();
  store.holding = false;
  const host = await openHost(t, { store });
  await host.send('probe/a', note(1));
  // After a few small changes, a sleep would write nothing.
  await host.send('probe/a', note(long));
  store.holding = true;
  const asleep = host.passivate('probe/a');
  await eventually('its snapshot waits to be written', () => store.held.length === 1);
  await host.tell('probe/a', note(3));
  store.holding = false;
  store.held.pop()?.fail();
  await asleep;
  await processed(host, 'probe/a');
  t.same(await notesOf(host, 'probe/a'), [1, long, 3]);
});
