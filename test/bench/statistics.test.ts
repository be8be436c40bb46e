import t from 'tap';
import { buckets, mean, median, overRounds, quantile, slope } from '../../bench/statistics.ts';

t.test('a quantile lies between the values it falls among, whatever their order', async (t) => {
  t.equal(quantile([3, 1, 2], 0), 1);
  t.equal(quantile([3, 1, 2], 1), 3);
  t.equal(quantile([10, 20], 0.25), 12.5);
  t.equal(quantile([7], 0.99), 7);
});

t.test('numbers are ordered as numbers, and what was given is left as it was', async (t) => {
  const values = [100, 9, 20];
  t.equal(median(values), 20);
  t.same(values, [100, 9, 20]);
});

t.test('there is no quantile of no values', async (t) => {
  t.throws(() => median([]), RangeError);
});

t.test('value, yardstick and ratio are those of the round in the middle, not of a mixture', async (t) => {
  const rounds = [
    { value: 15, yardstick: 10 },
    { value: 300, yardstick: 100 },
    { value: 40, yardstick: 20 },
  ];
  t.same(overRounds(rounds), { value: 40, yardstick: 20, ratio: 2 });
  t.equal(overRounds(rounds.slice(0, 2)).ratio, 1.5);
  t.throws(() => overRounds([]), RangeError);
});

t.test('values go into buckets in their order, as far as they fill them', async (t) => {
  t.same(buckets([3, 1, 2, 5, 4], 2), [
    [3, 1],
    [2, 5],
  ]);
  t.same(buckets([1], 2), []);
});

t.test('a mean weighs every value', async (t) => {
  t.equal(mean([1, 1, 1, 9]), 3);
});

t.test('a slope is that of the line that the points lie about', async (t) => {
  t.equal(
    slope([
      [1, 12],
      [2, 14],
      [3, 16],
    ]),
    2,
  );
  t.equal(
    slope([
      [0, 5],
      [1, 7],
      [2, 5],
    ]),
    0,
  );
  t.ok(Number.isNaN(slope([[1, 1]])));
});
