import t from 'tap';
import { idleTimeLeft, restartDelay, sparesWanted, stillFor } from '../../../runtime/policies.ts';

t.test('an idle agent may stay awake until its timeout has passed since its last activity', async (t) => {
  const agent = { busy: false, lastActivity: 1_000 };
  t.equal(idleTimeLeft(agent, 1_000, 50), 50);
  t.equal(idleTimeLeft(agent, 1_049, 50), 1);
  t.equal(idleTimeLeft(agent, 1_050, 50), 0);
  t.ok(idleTimeLeft(agent, 9_999, 50) < 0);
});

t.test('a busy agent has its whole timeout before it, however long ago its last activity was', async (t) => {
  t.equal(idleTimeLeft({ busy: true, lastActivity: 0 }, 1_000_000, 50), 50);
});

t.test('the wait before a restart doubles with each crash in a row, up to the last', async (t) => {
  const delays = [1, 2, 3, 4, 5, 6].map((crashes) => restartDelay(crashes, [100, 1_000]));
  t.strictSame(delays, [100, 200, 400, 800, 1_000, 1_000]);
  t.equal(restartDelay(100_000, [100, 30_000]), 30_000, 'however many they are');
});

t.test('a first delay of 0 means no wait at all', async (t) => {
  t.equal(restartDelay(1, [0, 1_000]), 0);
  t.equal(restartDelay(20, [0, 1_000]), 0);
  t.equal(restartDelay(5_000, [0, 1_000]), 0, 'however many crashes there were');
});

t.test('time in which nobody could look does not count as standing still', async (t) => {
  t.equal(stillFor(true, 50, 10, 10), 60);
  t.equal(stillFor(true, 50, 9, 10), 59);
  t.equal(stillFor(true, 50, 5_000, 10), 60);
  t.equal(stillFor(false, 50, 10, 10), 0);
});

t.test('spares follow the wakes of late, within bounds, and end some time after the last', async (t) => {
  const bounds = { min: 0, max: 4 };
  const wanted = (wakesPerSecond: number, sinceWakeMs: number, of = bounds) =>
    sparesWanted({ wakesPerSecond, sinceWakeMs }, of);
  t.equal(wanted(0, Number.POSITIVE_INFINITY), 0, 'before the first wake');
  t.equal(wanted(0.1, 1_000), 1);
  t.equal(wanted(10, 1_000), 3);
  t.equal(wanted(1_000, 0), 4);
  t.equal(wanted(0, 9 * 60_000), 1);
  t.equal(wanted(0, 11 * 60_000), 0);
  t.equal(wanted(0, Number.POSITIVE_INFINITY, { min: 2, max: 2 }), 2);
  t.equal(wanted(1_000, 0, { min: 0, max: 0 }), 0);
});
