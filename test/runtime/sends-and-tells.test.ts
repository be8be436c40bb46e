import t from 'tap';
import { eventually } from '../eventually.ts';
import { openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';
import { inboxOf, notesOf, processed, retryOf, WallClock, waitingFor } from './durable-messages.ts';
import { Gate } from './gate.ts';

const note = (what: unknown) => ({ do: 'note', what });

t.test('sends and tells of one caller keep their order, a tell counting from when its promise resolves', async (t) => {
  const host = await openHost(t);
  const sends: Promise<unknown>[] = [];
  for (let n = 0; n < 200; n += 2) {
    // Now and then the agent is going to sleep meanwhile.
    if (n % 40 === 0) void host.passivate('probe/a');
    await host.tell('probe/a', note(n));
    sends.push(host.send('probe/a', note(n + 1)));
  }
  await Promise.all(sends);
  t.same(
    await notesOf(host, 'probe/a'),
    Array.from({ length: 200 }, (_, n) => n),
  );
});

t.test('what one agent tells another arrives in order, however many turns tell it', async (t) => {
  const host = await openHost(t);
  const turns = Array.from({ length: 50 }, (_, turn) => {
    const tells = [0, 1, 2].map((n) => ['probe/b', note(3 * turn + n)]);
    return host.send('probe/a', { do: 'act', tells });
  });
  await Promise.all(turns);
  await processed(host, 'probe/b');
  t.same(
    await notesOf(host, 'probe/b'),
    Array.from({ length: 150 }, (_, n) => n),
  );
});

t.test('a tell is not processed ahead of the sends before it, nor behind those after it', async (t) => {
  const host = await openHost(t);
  const gate = new Gate(t);
  const before = host.send('probe/a', { do: 'act', note: 1, gate: gate.name });
  await eventually('a turn runs', () => gate.begun === 1);
  const sends = [before, host.send('probe/a', note(2))];
  await host.tell('probe/a', note(3));
  sends.push(host.send('probe/a', note(4)));
  await host.tell('probe/a', note(5));
  gate.say('go');
  await Promise.all(sends);
  await processed(host, 'probe/a');
  t.same(await notesOf(host, 'probe/a'), [1, 2, 3, 4, 5]);
});

t.test('a message that waits for its next attempt lets sends pass, and holds up what was told behind it', async (t) => {
  const clock = new WallClock();
  const host = await openHost(t, { clock, restarts: { backoffMs: [60_000, 60_000] } });
  const gate = new Gate(t, 'throw', 'go');
  await host.tell('probe/a', { do: 'act', note: 'retried', gate: gate.name });
  await host.tell('probe/a', note('told behind it'));
  await host.send('probe/a', { do: 'act', alarms: [[0, note('alarm'), 'now']] });
  await retryOf(host, 'probe/a');
  t.equal(await host.send('probe/a', note('sent behind it')), 1);
  t.equal((await waitingFor(host, 'probe/a')).waiting, 3);
  clock.advance(60_000);
  await processed(host, 'probe/a', clock);
  const notes = await notesOf(host, 'probe/a');
  t.same(notes.slice(0, 2), ['sent behind it', 'retried']);
  t.same(new Set(notes.slice(2)), new Set(['alarm', 'told behind it']));
});

t.test(
  'meanwhile the agent sleeps, and inspect says why and until when; a send wakes it, and tries nothing early',
  async (t) => {
    const clock = new WallClock();
    const host = await openHost(t, { clock, restarts: { backoffMs: [60_000, 60_000] } });
    const gate = new Gate(t, 'throw', 'go');
    await host.tell('probe/a', { do: 'act', note: 'retried', gate: gate.name });
    const retryAt = await retryOf(host, 'probe/a');
    t.equal(retryAt, clock.now() + 60_000);
    await host.passivate('probe/a');
    t.match(host.stats().workers, { active: 0, backoff: 1, threads: 0 });
    t.match(await host.inspect('probe/a'), {
      status: 'backoff',
      why: /without a thread: a durable message waits for its next attempt/,
      inbox: { waiting: 1, retrying: { attempts: [{ cause: /told to throw/ }], retryAt } },
    });
    t.match(await inboxOf(host, 'probe/a'), [{ retryAt, attempts: [{ cause: /told to throw/ }] }]);

    t.equal(await host.send('probe/a', note('sent')), 1);
    t.equal(gate.begun, 1);
    await host.passivate('probe/a');
    t.match(host.stats().workers, { active: 0, backoff: 1, threads: 0 });
    clock.advance(59_999);
    t.match(host.stats().workers, { starting: 0, backoff: 1 });
    clock.advance(1);
    await processed(host, 'probe/a', clock);
    t.same(await notesOf(host, 'probe/a'), ['sent', 'retried']);
    await host.passivate('probe/a');
    t.match(host.stats().workers, { active: 0, backoff: 0, threads: 0 });
  },
);

t.test('an idle agent whose message waits for its next attempt is put to sleep by the sweep', async (t) => {
  const clock = new WallClock();
  const host = await openHost(t, {
    clock,
    idleTimeoutMs: 1_000,
    sweepIntervalMs: 100,
    restarts: { backoffMs: [60_000, 60_000] },
  });
  const gate = new Gate(t, 'throw', 'go');
  await host.tell('probe/a', { do: 'act', note: 'retried', gate: gate.name });
  await retryOf(host, 'probe/a');
  await eventually('the agent sleeps', () => {
    clock.advance(100);
    return host.stats().workers.threads === 0;
  });
  clock.advance(60_000);
  await processed(host, 'probe/a');
  t.same(await notesOf(host, 'probe/a'), ['retried']);
});

t.test(
  'a host closes at once while messages wait for their next attempt, and takes them up when it is opened',
  async (t) => {
    const directory = `${testFolder(t)}/data`;
    const gate = new Gate(t, 'throw', 'throw');
    const restarts = { backoffMs: [3_600_000, 3_600_000] } as const;
    const first = await openHost(t, { directory, restarts });
    for (const id of ['probe/a', 'probe/b']) {
      await first.tell(id, { do: 'act', note: 'retried', gate: gate.name });
      await first.tell(id, note('behind'));
      await retryOf(first, id);
    }
    await first.passivate('probe/b');
    // One is awake, one is not; neither holds it up.
    await first.close({ drainMs: 3_600_000 });
    t.match(first.stats().workers, { starting: 0, active: 0, stopping: 0, backoff: 0, threads: 0 });

    const second = await openHost(t, { directory, restarts });
    t.match((await waitingFor(second, 'probe/a')).retrying, { attempts: [{ cause: /told to throw/ }] });
    for (const id of ['probe/a', 'probe/b']) {
      const [message] = await inboxOf(second, id);
      t.equal(await second.skip(id, message?.id ?? ''), true);
      await processed(second, id);
      t.same(await notesOf(second, id), ['behind']);
    }
  },
);

t.test(
  'a durable turn in flight finishes before the host is closed, and what waits behind it stays for the next',
  async (t) => {
    const directory = `${testFolder(t)}/data`;
    const gate = new Gate(t);
    const first = await openHost(t, { directory });
    await first.tell('probe/a', { do: 'act', note: 'in flight', gate: gate.name, tells: [['probe/b', note('told')]] });
    await first.tell('probe/a', note('behind'));
    await eventually('its turn runs', () => gate.begun === 1);
    const closed = first.close();
    gate.say('go');
    await closed;
    const second = await openHost(t, { directory });
    await processed(second, 'probe/a');
    await processed(second, 'probe/b');
    t.same(await notesOf(second, 'probe/a'), ['in flight', 'behind']);
    t.same(await notesOf(second, 'probe/b'), ['told']);
  },
);
