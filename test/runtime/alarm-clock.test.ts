import { writeFileSync } from 'node:fs';
import t from 'tap';
import type { Supervisor } from '../../runtime/index.ts';
import { eventually } from '../eventually.ts';
import { openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';
import { notesOf, processed, WallClock, waitingFor } from './durable-messages.ts';
import { Gate } from './gate.ts';

const note = (what: unknown) => ({ do: 'note', what });
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const set = (host: Supervisor, ...alarms: unknown[][]) => host.send('probe/a', { do: 'act', alarms });

async function nextOf(host: Supervisor): Promise<number | undefined> {
  return (await waitingFor(host, 'probe/a')).alarms[0]?.at;
}

/** Waits until the agent, which nobody asks, has so many notes. */
async function noted(host: Supervisor, clock: WallClock, notes: number): Promise<unknown[]> {
  return eventually(`the agent has ${notes} notes`, async () => {
    clock.advance(0);
    const { state } = (await host.inspect('probe/a', { state: true })) as { state: { notes: unknown[] } };
    return state.notes.length >= notes ? state.notes : undefined;
  });
}

t.test('when the wall clock is set forward, what is due by then comes within a minute', async (t) => {
  const clock = new WallClock();
  const host = await openHost(t, { clock });
  await set(host, [HOUR, note('alarm'), 'x']);
  await host.passivate('probe/a');
  clock.set(2 * HOUR);
  clock.advance(MINUTE);
  t.same(await noted(host, clock, 1), ['alarm']);
});

t.test('when the wall clock is set back, alarms come when it says so, and none is lost', async (t) => {
  const clock = new WallClock();
  const host = await openHost(t, { clock });
  await set(host, [HOUR, note('alarm'), 'x'], [2 * HOUR, note('later'), 'y']);
  await host.passivate('probe/a');
  clock.advance(59 * MINUTE);
  clock.set(-HOUR);
  clock.advance(10 * MINUTE);
  t.match(host.stats().workers, { starting: 0, threads: 0 });
  clock.advance(51 * MINUTE);
  t.same(await noted(host, clock, 1), ['alarm']);
  clock.set(-3 * HOUR);
  clock.advance(3 * HOUR);
  await processed(host, 'probe/a', clock);
  clock.advance(HOUR);
  t.same(await noted(host, clock, 2), ['alarm', 'later']);
});

t.test('an alarm that waits for its next attempt is tried all the same after the clock was set back', async (t) => {
  const clock = new WallClock();
  const host = await openHost(t, { clock, restarts: { backoffMs: [1_000, 1_000] } });
  const gate = new Gate(t, 'throw', 'go');
  await set(host, [1_000, { do: 'act', note: 'alarm', gate: gate.name }, 'x']);
  clock.advance(1_000);
  await eventually('it has failed once', async () => {
    clock.advance(0);
    return (await waitingFor(host, 'probe/a')).retrying?.retryAt;
  });
  await host.passivate('probe/a');
  clock.set(-HOUR);
  clock.advance(HOUR + MINUTE);
  t.same(await noted(host, clock, 1), ['alarm']);
});

t.test('a cron time comes once, though the clock is set back during its turn', async (t) => {
  const clock = new WallClock();
  const host = await openHost(t, { clock });
  const gate = new Gate(t);
  await set(host, [{ cron: '0 * * * *', timezone: 'UTC' }, { do: 'act', note: 'tick', gate: gate.name }, 'x']);
  const first = (await nextOf(host)) as number;
  clock.advance(first - clock.now());
  await eventually('its turn runs', () => {
    clock.advance(0);
    return gate.begun === 1;
  });
  clock.set(-1_000);
  gate.say('go');
  await noted(host, clock, 1);
  await eventually('its next time is set', async () => (await nextOf(host)) === first + HOUR);
});

t.test('agents whose alarms are due at the same moment are all woken', async (t) => {
  const clock = new WallClock();
  const host = await openHost(t, { clock });
  const ids = Array.from({ length: 40 }, (_, i) => `probe/${i}`);
  const at = new Date(clock.now() + HOUR);
  for (const id of ids) {
    await host.send(id, { do: 'act', alarms: [[at, note('alarm'), 'x']] });
    await host.passivate(id);
  }
  clock.advance(HOUR);
  for (const id of ids) await processed(host, id, clock);
  for (const id of ids) t.match((await host.inspect(id, { state: true }))?.state, { notes: ['alarm'] });
});

t.test(
  'an agent that cannot be started is tried once for each alarm that comes due; repaired, it goes on',
  async (t) => {
    const folder = testFolder(t);
    const module = `${folder}/agent.mjs`;
    const good =
      "export default { initialState: () => ({ n: 0 }), receive(agent, at) { if (at) agent.alarm(new Date(at), 0, { name: 'x' }); else agent.state.n += 1; return agent.state.n; } };";
    writeFileSync(module, good);
    const clock = new WallClock();
    const options = { directory: `${folder}/data`, agents: { late: module }, clock };
    const ids = Array.from({ length: 24 }, (_, i) => `late/${i}`);
    const first = await openHost(t, options);
    for (const id of ids) {
      await first.send(id, clock.now() + HOUR);
      await first.passivate(id);
    }
    await first.close();
    writeFileSync(module, "throw new Error('broken');");
    const starts = new Map<string, number>();
    const second = await openHost(t, options);
    second.on('stopped', ({ agentId }) => starts.set(agentId, (starts.get(agentId) ?? 0) + 1));
    clock.advance(HOUR);
    await eventually('each was tried', () => {
      clock.advance(0);
      return starts.size === ids.length;
    });
    await eventually('no more is tried', () => {
      clock.advance(0);
      return second.stats().workers.threads === 0 && second.stats().workers.starting === 0;
    });
    t.same(new Set(starts.values()), new Set([1]));
    writeFileSync(module, good);
    await second.tell('late/0', 0);
    await processed(second, 'late/0', clock);
    t.match(
      (await second.inspect('late/0', { state: true }))?.state,
      { n: 2 },
      'the alarm, and the message that woke it',
    );
  },
);

t.test('an alarm of an awake agent comes in its place among the messages, and does not keep it awake', async (t) => {
  const clock = new WallClock();
  const host = await openHost(t, { clock, idleTimeoutMs: 1_000, sweepIntervalMs: 100 });
  await set(host, [HOUR, note('alarm'), 'x']);
  await eventually('the agent sleeps', () => {
    clock.advance(100);
    return host.stats().workers.threads === 0;
  });
  t.match(await host.inspect('probe/a'), { status: 'dormant', inbox: { waiting: 0, alarms: [{ name: 'x' }] } });
  await host.warm('probe/a');
  clock.advance(HOUR);
  t.same(await noted(host, clock, 1), ['alarm']);
});

t.test('alarms of a host that is closing stay for the next', async (t) => {
  const clock = new WallClock();
  const directory = `${testFolder(t)}/data`;
  const gate = new Gate(t);
  const first = await openHost(t, { clock, directory });
  await set(first, [1_000, note('alarm'), 'x']);
  const running = first.send('probe/a', { do: 'act', gate: gate.name, note: 'sent' });
  await eventually('a turn runs', () => gate.begun === 1);
  const closed = first.close();
  clock.advance(1_000);
  gate.say('go');
  await Promise.all([running, closed]);
  const second = await openHost(t, { clock, directory });
  t.same(await noted(second, clock, 2), ['sent', 'alarm']);
  t.same(await notesOf(second, 'probe/a'), ['sent', 'alarm']);
});
