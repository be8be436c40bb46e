import t from 'tap';
import { deathsInARow, isStartedAgain, restartDelay } from '../../cli/restart-policy.ts';

t.test('a host is started again unless it was never ready, was asked to end, or ended well', async (t) => {
  const death = { code: undefined, ranMs: 10, wasReady: true, asked: false };
  t.equal(isStartedAgain(death), true, 'a signal');
  t.equal(isStartedAgain({ ...death, code: 1 }), true);
  t.equal(isStartedAgain({ ...death, code: 0 }), false);
  t.equal(isStartedAgain({ ...death, asked: true }), false);
  t.equal(isStartedAgain({ ...death, wasReady: false }), false);
});

t.test('the first start comes at once, the next ones later and later', async (t) => {
  t.same([1, 2, 3, 4, 11, 12, 1_000].map(restartDelay), [0, 100, 200, 400, 30_000, 30_000, 30_000]);
});

t.test('a host that ran for a minute begins a new row', async (t) => {
  t.equal(deathsInARow(4, { ranMs: 59_999 }), 5);
  t.equal(deathsInARow(4, { ranMs: 60_000 }), 1);
});
