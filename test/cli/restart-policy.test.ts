import t from 'tap';
import { deathsInARow, isStartedAgain, restartDelay } from '../../cli/restart-policy.ts';

t.test('a host is started again unless it cannot start, was asked to end, or ended well', async (t) => {
  const ready = { wasReady: true, asked: false };
  t.equal(isStartedAgain({ ...ready, by: 'SIGKILL' }), true);
  t.equal(isStartedAgain({ ...ready, by: 1 }), true);
  t.equal(isStartedAgain({ ...ready, by: 0 }), false);
  t.equal(isStartedAgain({ ...ready, by: 'SIGTERM' }), false);
  t.equal(isStartedAgain({ ...ready, by: 'SIGINT' }), false);
  t.equal(isStartedAgain({ by: 'SIGKILL', wasReady: true, asked: true }), false);
  t.equal(isStartedAgain({ by: 'SIGKILL', wasReady: false, asked: false }), true);
  t.equal(isStartedAgain({ by: 1, wasReady: false, asked: false }), false);
});

t.test('the first start comes at once, the next ones later and later', async (t) => {
  t.same([1, 2, 3, 4, 11, 12, 1_000].map(restartDelay), [0, 100, 200, 400, 30_000, 30_000, 30_000]);
});

t.test('a host that ran for a minute begins a new row', async (t) => {
  t.equal(deathsInARow(4, 59_999), 5);
  t.equal(deathsInARow(4, 60_000), 1);
});
