import t from 'tap';
import { encode } from '../../core/codec.ts';
import { MemoryStore, type Supervisor } from '../../runtime/index.ts';
import { eventually } from '../eventually.ts';
import { openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';
import { inboxOf, lettersOf, notesOf, processed, retryOf, WallClock, waitingFor } from './durable-messages.ts';
import { Gate } from './gate.ts';
import { HeldDisk } from './held-disk.ts';

/** How many of some agents are in a turn. */
async function turnsOf(host: Supervisor, ids: readonly string[]): Promise<number> {
  const infos = await Promise.all(ids.map((id) => host.inspect(id)));
  return infos.filter((info) => info?.awake?.turnForMs !== undefined).length;
}

const note = (what: unknown) => ({ do: 'note', what });

t.test(
  'a message whose turn throws or crashes is tried again, up to maxAttempts; then it is a dead letter',
  async (t) => {
    const host = await openHost(t, { maxAttempts: 3 });
    const gate = new Gate(t, 'throw', 'exit', 'throw');
    const events: object[] = [];
    host.on('deadLetter', (event) => events.push(event));
    const message = { do: 'act', note: 'never', gate: gate.name };
    await host.tell('probe/a', message);
    await host.tell('probe/a', note('behind'));
    await processed(host, 'probe/a');
    t.equal(gate.begun, 3);
    t.same(await notesOf(host, 'probe/a'), ['behind']);
    const [letter, ...others] = await lettersOf(host);
    t.same(others, []);
    t.match(letter, {
      agentId: 'probe/a',
      message,
      from: undefined,
      alarm: undefined,
      cause: /^ProbeError: it was told to throw/,
      attempts: [{ cause: /told to throw/ }, { cause: /crashed.*exit code 3/ }, { cause: /told to throw/ }],
    });
    t.match(events, [{ agentId: 'probe/a', id: letter?.id, cause: letter?.cause }]);
  },
);

t.test('the wait before the next attempt grows from the first delay of restarts.backoffMs to the last', async (t) => {
  const clock = new WallClock();
  const host = await openHost(t, { clock, maxAttempts: 5, restarts: { backoffMs: [1_000, 3_000] } });
  const gate = new Gate(t, 'throw', 'throw', 'throw', 'throw', 'go');
  await host.tell('probe/a', { do: 'act', gate: gate.name });
  for (const wait of [1_000, 2_000, 3_000, 3_000]) {
    const at = clock.now();
    await eventually(
      'the attempt has failed',
      async () => (await waitingFor(host, 'probe/a')).retrying?.retryAt === at + wait,
    );
    clock.advance(wait - 1);
    const before = gate.begun;
    await host.send('probe/a', { do: 'nothing' });
    t.equal(gate.begun, before, 'not before its time');
    clock.advance(1);
    await eventually('it is tried again', () => gate.begun === before + 1);
  }
  await processed(host, 'probe/a');
});

t.test('only a turn that began counts: a crash of the turn before it is none of its own', async (t) => {
  const host = await openHost(t, { maxAttempts: 1 });
  const gate = new Gate(t);
  const crashing = t.rejects(host.send('probe/a', { do: 'act', gate: gate.name }), {
    code: 'ERR_DROWSE_AGENT_CRASHED',
  });
  await eventually('a turn runs', () => gate.begun === 1);
  await host.tell('probe/a', note('behind'));
  gate.say('exit');
  await crashing;
  await processed(host, 'probe/a');
  t.same(await notesOf(host, 'probe/a'), ['behind']);
});

t.test('a thread that ends while the attempt is being noted costs no attempt', async (t) => {
  const store = new HeldDisk();
  const host = await openHost(t, { store, maxAttempts: 1 });
  const gate = new Gate(t);
  await host.send('probe/a', { do: 'act', exitAt: gate.name });
  const told = host.tell('probe/a', note('told'));
  store.hold('i');
  await told;
  await eventually('the attempt is being noted', () => store.held.length === 1);
  const crashed = new Promise((resolve) => host.once('crashed', resolve));
  gate.say('exit');
  await crashed;
  store.release();
  await processed(host, 'probe/a');
  t.same(await notesOf(host, 'probe/a'), ['told']);
  t.same(await lettersOf(host), []);
});

t.test('a turn that the host cut short by closing is no attempt', async (t) => {
  const directory = `${testFolder(t)}/data`;
  const first = await openHost(t, { directory, maxAttempts: 1 });
  const gate = new Gate(t);
  await first.tell('probe/a', { do: 'act', note: 'told', gate: gate.name });
  await eventually('its turn runs', () => gate.begun === 1);
  await first.close({ drainMs: 0 });
  gate.forget();
  gate.say('go');
  const second = await openHost(t, { directory, maxAttempts: 1 });
  await processed(second, 'probe/a');
  t.same(await notesOf(second, 'probe/a'), ['told']);
});

t.test(
  'a turn that was running as the host was killed counts; such turns begin one at a time, over all agents',
  async (t) => {
    const store = new MemoryStore();
    const gate = new Gate(t);
    const ids = ['a', 'b', 'c', 'd'].map((key) => `probe/${key}`);
    // What a killed host leaves: the attempt was noted, and nothing came after it.
    const body = encode({ do: 'act', gate: gate.name, note: 'told' }, 'message');
    for (const [i, agentId] of ids.entries()) {
      const number = store.messages.nextNumber();
      const attempts = Array.from({ length: i === 0 ? 2 : 1 }, () => ({ at: 1 }));
      await store.messages.write([
        { kind: 'tell', agentId, told: { number, at: 1, body } },
        { kind: 'note', agentId, notes: { number, attempts } },
      ]);
    }
    const host = await openHost(t, { store, maxAttempts: 2 });
    await eventually('all four are awake', () => host.stats().workers.active === 4);
    for (const begun of [1, 2, 3]) {
      await eventually('one begins', () => gate.begun === begun);
      t.equal(await turnsOf(host, ids), 1, 'the others wait for it');
      gate.say('go');
    }
    for (const id of ids) await processed(host, id);
    const cause = 'The host ended during this attempt.';
    t.match(await lettersOf(host), [{ agentId: 'probe/a', cause, attempts: [{ cause }, { cause }] }]);
  },
);

t.test('a turn that takes longer than turnTimeoutMs is cancelled, and counts', async (t) => {
  const clock = new WallClock();
  const host = await openHost(t, { clock, turnTimeoutMs: 60_000, maxAttempts: 1 });
  const gate = new Gate(t);
  await host.tell('probe/a', { do: 'act', gate: gate.name });
  await eventually('its turn runs', () => gate.begun === 1);
  clock.advance(60_000);
  await processed(host, 'probe/a');
  t.match(await lettersOf(host), [{ cause: /No reply came within 60000 ms/, attempts: [{ cause: /./ }] }]);
});

t.test('an attempt that cannot be noted does not begin, and is made later', async (t) => {
  const store = new HeldDisk();
  const host = await openHost(t, { store, maxAttempts: 1 });
  const gate = new Gate(t, 'go');
  await host.warm('probe/a');
  const told = host.tell('probe/a', { do: 'act', gate: gate.name, note: 1 });
  store.hold('i');
  await told;
  await eventually('the attempt is being noted', () => store.held.length === 1);
  t.equal(gate.begun, 0);
  store.fail();
  await processed(host, 'probe/a');
  t.equal(gate.begun, 1);
  t.same(await notesOf(host, 'probe/a'), [1]);
});

t.test('a message that cannot be moved to the dead letters stays, and is moved later', async (t) => {
  const store = new HeldDisk();
  const host = await openHost(t, { store, maxAttempts: 1 });
  const gate = new Gate(t, 'throw');
  store.hold('x');
  await host.tell('probe/a', { do: 'act', gate: gate.name });
  await eventually('it is being given up', () => store.held.length === 1);
  store.fail();
  await processed(host, 'probe/a');
  t.equal((await lettersOf(host)).length, 1);
  t.equal(gate.begun, 1, 'it is not tried once more');
});

t.test(
  'after the wall clock was set back, a message that waits for its next attempt is tried all the same',
  async (t) => {
    for (const asleep of [false, true]) {
      const clock = new WallClock();
      const host = await openHost(t, {
        clock,
        restarts: { backoffMs: [1_000, 1_000] },
        directory: `${testFolder(t)}/${asleep}`,
      });
      const gate = new Gate(t, 'throw', 'go');
      await host.tell('probe/a', { do: 'act', note: 'told', gate: gate.name });
      await retryOf(host, 'probe/a');
      if (asleep) await host.passivate('probe/a');
      clock.set(-3_600_000);
      clock.advance(1_000);
      await processed(host, 'probe/a', clock);
      t.same(await notesOf(host, 'probe/a'), ['told']);
      await host.passivate('probe/a');
      t.match(host.stats().workers, { active: 0, backoff: 0, threads: 0 });
      t.same(await inboxOf(host, 'probe/a'), []);
    }
  },
);
