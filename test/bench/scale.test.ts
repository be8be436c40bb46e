import t from 'tap';
import { isShown, place, rangeOf } from '../../bench/scale.ts';

t.test('a linear axis begins at zero and is marked at round values', async (t) => {
  t.same(rangeOf([118, 150], 'linear'), { from: 0, to: 150, ticks: [0, 50, 100, 150] });
  t.same(rangeOf([100, 10_000], 'linear').ticks, [0, 2_000, 4_000, 6_000, 8_000, 10_000]);
  t.same(rangeOf([0.1, 0.29], 'linear').ticks, [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]);
});

t.test('values below zero are shown too', async (t) => {
  const { from, to, ticks } = rangeOf([-3, 12], 'linear');
  t.same([from, to], [-5, 15]);
  t.ok(ticks.includes(0));
});

t.test('a logarithmic axis goes from mark to mark, which lie closer where little is shown', async (t) => {
  t.same(rangeOf([3, 40_000], 'log'), { from: 1, to: 100_000, ticks: [1, 10, 100, 1_000, 10_000, 100_000] });
  t.same(rangeOf([30, 90], 'log').ticks, [20, 50, 100]);
  t.ok(rangeOf([1e-9, 1e9], 'log').ticks.length <= 8);
});

t.test('an axis has a length, however little there is to show', async (t) => {
  for (const values of [[], [0], [7], [-7], [Number.NaN, Number.POSITIVE_INFINITY]]) {
    const { from, to } = rangeOf(values, 'linear');
    t.ok(to > from, `linear: ${values.join()}`);
  }
  for (const values of [[], [0, -1], [10], [7]]) {
    const { from, to } = rangeOf(values, 'log');
    t.ok(to > from && from > 0, `log: ${values.join()}`);
  }
});

t.test('a value stands where its size, or its power, puts it', async (t) => {
  t.equal(place(25, { from: 0, to: 100, ticks: [] }, 'linear'), 0.25);
  t.equal(Math.round(1_000 * place(10, { from: 1, to: 1_000, ticks: [] }, 'log')), 333);
});

t.test('zero has no place on a logarithmic axis', async (t) => {
  t.same([isShown(0, 'linear'), isShown(0, 'log'), isShown(Number.NaN, 'linear')], [true, false, false]);
});
