import t from 'tap';
import { nextCronTime } from '../../core/cron.ts';

const at = (text: string) => new Date(text).getTime();
const next = (expression: string, after: string, timezone = 'UTC') => nextCronTime(expression, timezone, at(after));

t.test('the next time is the first one behind the given moment, never that moment itself', async (t) => {
  t.equal(next('0 * * * *', '2026-03-01T10:59:59.999Z'), at('2026-03-01T11:00Z'));
  t.equal(next('0 * * * *', '2026-03-01T11:00:00.000Z'), at('2026-03-01T12:00Z'));
  t.equal(next('0 * * * *', '2026-03-01T11:00:00.001Z'), at('2026-03-01T12:00Z'));
  t.equal(next('*/10 * * * * *', '2026-03-01T11:00:07Z'), at('2026-03-01T11:00:10Z'), 'six fields begin with seconds');
});

t.test('a time zone decides what the clock on the wall says there', async (t) => {
  t.equal(next('30 9 * * *', '2026-01-15T00:00Z', 'Europe/Berlin'), at('2026-01-15T08:30Z'));
  t.equal(next('30 9 * * *', '2026-07-15T00:00Z', 'Europe/Berlin'), at('2026-07-15T07:30Z'));
  t.equal(next('0 0 * * *', '2026-01-15T12:00Z', 'Asia/Kathmandu'), at('2026-01-15T18:15Z'));
});

t.test('a daily time comes once a day also when the clocks change', async (t) => {
  // In Berlin 2:30 does not exist on 29 March 2026, and exists twice on 25 October.
  for (const day of ['2026-03-27', '2026-10-23']) {
    const times: number[] = [];
    for (let time = at(`${day}T12:00Z`); times.length < 4; times.push(time)) {
      time = nextCronTime('30 2 * * *', 'Europe/Berlin', time) as number;
    }
    for (const [i, time] of times.entries()) {
      const hours = (time - (times[i - 1] ?? time - 24 * 3_600_000)) / 3_600_000;
      t.ok(hours >= 22 && hours <= 26, `${new Date(time).toISOString()} comes ${hours} hours later`);
    }
  }
});

t.test('without a time zone it is the host’s', async (t) => {
  const time = new Date(nextCronTime('15 6 * * *', undefined, at('2026-03-10T00:00Z')) as number);
  t.same([time.getHours(), time.getMinutes()], [6, 15]);
});

t.test('there is none where the expression names a day that never comes', async (t) => {
  t.equal(next('0 0 30 2 *', '2026-01-01T00:00Z'), undefined);
});

t.test('what is no expression, or no time zone, is refused', async (t) => {
  for (const expression of ['', 'now', '* * *', '61 * * * *', '* * * * * * * *']) {
    t.throws(() => next(expression, '2026-01-01T00:00Z'), expression);
  }
  t.throws(() => next('* * * * *', '2026-01-01T00:00Z', 'Mars/Olympus'));
});
