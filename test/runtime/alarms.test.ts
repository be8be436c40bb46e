import t from 'tap';
import type { Supervisor } from '../../runtime/index.ts';
import { eventually } from '../eventually.ts';
import { openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';
import { inboxOf, lettersOf, notesOf, processed, WallClock, waitingFor } from './durable-messages.ts';
import { Gate } from './gate.ts';

const note = (what: unknown) => ({ do: 'note', what });
const HOUR = 3_600_000;

const set = (host: Supervisor, ...alarms: unknown[][]) => host.send('probe/a', { do: 'act', alarms });

/** The alarms of an agent: their names and times. */
async function alarmsOf(host: Supervisor, agentId = 'probe/a'): Promise<Array<[name: string, at: number]>> {
  return (await waitingFor(host, agentId)).alarms.map(({ name, at }) => [name, at]);
}

/** Moves the time, and waits until an agent has so many notes. */
async function until(host: Supervisor, clock: WallClock, ms: number, notes: number): Promise<unknown[]> {
  clock.advance(ms);
  return eventually(`the agent has ${notes} notes`, async () => {
    clock.advance(0);
    const { state } = (await host.inspect('probe/a', { state: true })) as { state: { notes: unknown[] } };
    return state.notes.length >= notes ? state.notes : undefined;
  });
}

t.test(
  'an alarm comes at its date, after its delay, at each interval and each cron time, and wakes its agent',
  async (t) => {
    const clock = new WallClock();
    const host = await openHost(t, { clock });
    const now = clock.now();
    await set(
      host,
      [new Date(now + 5_000), note('date'), 'date'],
      [2_000, note('delay'), 'delay'],
      [{ every: 10_000 }, note('interval'), 'interval'],
      // 22:13:20 UTC is 23:13:20 in Berlin, so 23:14 is in 40 s.
      [{ cron: '14 23 * * *', timezone: 'Europe/Berlin' }, note('cron'), 'cron'],
    );
    t.same(await alarmsOf(host), [
      ['delay', now + 2_000],
      ['date', now + 5_000],
      ['interval', now + 10_000],
      ['cron', now + 40_000],
    ]);
    t.match((await waitingFor(host, 'probe/a')).alarms, [
      { repeats: undefined },
      { repeats: undefined },
      { repeats: 'every 10000 ms' },
      { repeats: '14 23 * * *' },
    ]);
    await host.passivate('probe/a');
    clock.advance(1_999);
    t.match(host.stats().workers, { starting: 0, threads: 0 }, 'nothing of it is in memory until then');
    await until(host, clock, 1, 1);
    await until(host, clock, 3_000, 2);
    for (let n = 3; n <= 5; n += 1) await until(host, clock, n === 3 ? 5_000 : 10_000, n);
    const notes = await until(host, clock, 10_000, 7);
    t.same(
      notes,
      ['delay', 'date', 'interval', 'interval', 'interval', 'cron', 'interval'],
      'at one moment, as they were set',
    );
    t.same(await alarmsOf(host), [
      ['interval', now + 50_000],
      ['cron', now + 40_000 + 24 * HOUR],
    ]);
  },
);

t.test('an alarm that is set under a name replaces the one of that name; cancelled, it does not come', async (t) => {
  const clock = new WallClock();
  const host = await openHost(t, { clock });
  await set(host, [1_000, note('replaced'), 'x'], [1_000, note('cancelled'), 'y']);
  await set(host, [3_000, note('kept'), 'x'], [2_000, note('taken back in the same turn'), 'z']);
  await host.send('probe/a', { do: 'act', cancels: ['y', 'z', 'never set'] });
  t.same(await alarmsOf(host), [['x', clock.now() + 3_000]]);
  t.same(await until(host, clock, 3_000, 1), ['kept']);
  t.same(await alarmsOf(host), []);
  await set(host, [1_000, note('first'), undefined as never], [1_000, note('second')]);
  t.equal((await alarmsOf(host)).length, 2, 'one without a name replaces none');
});

t.test('an alarm in the past comes at once, and before what was told since', async (t) => {
  const clock = new WallClock();
  const host = await openHost(t, { clock });
  const gate = new Gate(t);
  const setting = set(host, [new Date(0), note('long ago'), 'x'], [0, note('now'), 'y']);
  const running = host.send('probe/a', { do: 'act', gate: gate.name });
  await setting;
  clock.advance(1);
  await host.tell('probe/a', note('told since'));
  gate.say('go');
  await running;
  await processed(host, 'probe/a', clock);
  t.same(await notesOf(host, 'probe/a'), ['long ago', 'now', 'told since']);
});

t.test('an inbox shows alarms that are due, and not those to come', async (t) => {
  const clock = new WallClock();
  const host = await openHost(t, { clock });
  const gate = new Gate(t);
  await set(host, [1_000, { do: 'act', gate: gate.name }, 'x'], [2_000, note('to come'), 'y']);
  t.same(await inboxOf(host, 'probe/a'), []);
  clock.advance(1_000);
  await eventually('it comes', () => {
    clock.advance(0);
    return gate.begun === 1;
  });
  t.match(await inboxOf(host, 'probe/a'), [{ alarm: 'x', since: clock.now(), from: undefined, attempts: [{}] }]);
  gate.say('go');
  await processed(host, 'probe/a', clock);
});

t.test('alarms survive a restart; times missed while the host was down count as one', async (t) => {
  const directory = `${testFolder(t)}/data`;
  const clock = new WallClock();
  const first = await openHost(t, { clock, directory });
  const start = clock.now();
  await set(
    first,
    [{ every: HOUR }, note('tick'), 'tick'],
    [{ cron: '0 * * * *' }, note('cron'), 'cron'],
    [HOUR, note('once'), 'once'],
  );
  await first.close();
  clock.advance(10.5 * HOUR);
  const second = await openHost(t, { clock, directory });
  t.same(new Set(await until(second, clock, 0, 3)), new Set(['cron', 'once', 'tick']));
  await processed(second, 'probe/a', clock);
  // 22:13:20 and eleven hours; the cron expression names full hours.
  t.equal((await alarmsOf(second)).find(([name]) => name === 'tick')?.[1], start + 11 * HOUR, 'it keeps its beat');
});

t.test('an interval does not drift, however late its turns come', async (t) => {
  const clock = new WallClock();
  const host = await openHost(t, { clock });
  const start = clock.now();
  await set(host, [{ every: 1_000 }, note('tick'), 'tick']);
  for (const [late, next] of [
    [1_300, 2_000],
    [800, 3_000],
    [2_950, 6_000],
  ] as const) {
    const before = (await notesOf(host, 'probe/a')).length;
    await until(host, clock, late, before + 1);
    await processed(host, 'probe/a', clock);
    t.same(await alarmsOf(host), [['tick', start + next]]);
  }
});

t.test('an alarm that is set or cancelled by its own turn stays so', async (t) => {
  const clock = new WallClock();
  const host = await openHost(t, { clock });
  await set(host, [{ every: 1_000 }, { do: 'act', note: 1, cancels: ['x'] }, 'x']);
  await set(host, [{ every: 1_000 }, { do: 'act', note: 2, alarms: [[5_000, note('again'), 'y']] }, 'y']);
  const start = clock.now();
  t.same(new Set(await until(host, clock, 1_000, 2)), new Set([1, 2]));
  await processed(host, 'probe/a', clock);
  t.same(await alarmsOf(host), [['y', start + 6_000]]);
});

t.test('a repeating alarm that is given up goes on at its next time, one that comes once does not', async (t) => {
  const clock = new WallClock();
  const host = await openHost(t, { clock, maxAttempts: 1 });
  const gate = new Gate(t, 'throw', 'go');
  const start = clock.now();
  await set(host, [{ every: 1_000 }, { do: 'act', note: 'tick', gate: gate.name }, 'tick']);
  await set(host, [1_500, { do: 'act', end: 'throw' }, 'once']);
  clock.advance(1_000);
  await eventually('it is a dead letter', async () => {
    clock.advance(0);
    return (await lettersOf(host)).length === 1;
  });
  t.match(await lettersOf(host), [{ alarm: 'tick', since: start + 1_000, attempts: [{ cause: /told to throw/ }] }]);
  t.same(await alarmsOf(host), [
    ['once', start + 1_500],
    ['tick', start + 2_000],
  ]);
  t.same(await until(host, clock, 1_000, 1), ['tick']);
  await processed(host, 'probe/a', clock);
  t.match(await lettersOf(host), [{ alarm: 'tick' }, { alarm: 'once' }]);
  t.same(await alarmsOf(host), [['tick', start + 3_000]]);
});

t.test('a deleted agent has no alarms any more, and a namesake none of them', async (t) => {
  const clock = new WallClock();
  const host = await openHost(t, { clock });
  await set(host, [1_000, note('never'), 'x']);
  await host.delete('probe/a');
  clock.advance(2_000);
  t.equal(await host.send('probe/a', note('new')), 1);
  await processed(host, 'probe/a', clock);
  t.same(await notesOf(host, 'probe/a'), ['new']);
});

t.test('bad times and names are refused in the turn, which then leaves nothing', async (t) => {
  const host = await openHost(t);
  const refused = { code: 'ERR_DROWSE_INVALID_OPTIONS', message: /Invalid alarm/ };
  const times = [
    -1,
    Number.NaN,
    new Date(Number.NaN),
    { every: 0 },
    { cron: 'nonsense' },
    { cron: '* * * * *', timezone: 'Mars' },
    {},
    'now',
    null,
  ];
  for (const when of times) await t.rejects(set(host, [HOUR, {}, 'good'], [when, {}]), refused);
  for (const name of ['a\nb', 'x'.repeat(513)]) await t.rejects(set(host, [HOUR, {}, 'good'], [1, {}, name]), refused);
  t.same(await alarmsOf(host), []);
});
