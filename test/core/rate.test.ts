import t from 'tap';
import { Rate } from '../../core/rate.ts';

t.test('a rate nears what happens, and fades', async (t) => {
  const rate = new Rate(10_000);
  t.equal(rate.perSecond(0), 0);
  t.equal(rate.last, Number.NEGATIVE_INFINITY);
  for (let now = 0; now <= 100_000; now += 100) rate.mark(now);
  t.ok(Math.abs(rate.perSecond(100_000) - 10) < 0.2, `${rate.perSecond(100_000)} a second`);
  t.equal(rate.last, 100_000);
  t.ok(rate.perSecond(200_000) < 0.01);
});
