import t from 'tap';
import { Timers } from '../../core/timers.ts';
import { ManualClock } from '../../testing/manual-clock.ts';

/** Timers on a clock moved by hand, and a record of what was called when. */
function setUp(): { clock: ManualClock; timers: Timers; calls: string[]; note: (name: string) => () => void } {
  const clock = new ManualClock(0);
  const calls: string[] = [];
  const note = (name: string) => () => {
    calls.push(`${name} at ${clock.elapsed()}`);
  };
  return { clock, timers: new Timers(clock), calls, note };
}

t.test('each is called once, at its own time, whatever the order they were added in', async (t) => {
  const { clock, timers, calls, note } = setUp();
  timers.add(30, note('c'));
  timers.add(10, note('a'));
  timers.add(20, note('b'));
  clock.advance(9);
  t.strictSame(calls, []);
  clock.advance(100);
  t.strictSame(calls, ['a at 10', 'b at 20', 'c at 30']);
});

t.test('however many there are, one timer of the clock runs', async (t) => {
  const { clock, timers, note } = setUp();
  for (let ms = 100; ms > 0; ms -= 1) timers.add(ms, note('x'));
  t.equal(clock.pending, 1);
  clock.advance(50);
  t.equal(clock.pending, 1);
  clock.advance(50);
  t.equal(clock.pending, 0);
});

t.test('one that is cancelled is not called, and the others are', async (t) => {
  const { clock, timers, calls, note } = setUp();
  const first = timers.add(10, note('first'));
  timers.add(20, note('second'));
  timers.cancel(first);
  clock.advance(100);
  t.strictSame(calls, ['second at 20']);
});

t.test('one that is cancelled by another due at the same time is not called', async (t) => {
  const { clock, timers, calls, note } = setUp();
  timers.add(10, () => timers.cancel(second));
  const second = timers.add(10, note('second'));
  clock.advance(100);
  t.strictSame(calls, []);
});

t.test('with the last one cancelled, no timer is left to keep the process alive', async (t) => {
  const { clock, timers, note } = setUp();
  const only = timers.add(10, note('x'));
  t.equal(clock.foreground, 1);
  timers.cancel(only);
  t.equal(clock.pending, 0);
  timers.add(5, note('x'));
  t.equal(clock.pending, 1, 'and a new one runs again');
});

t.test('one may be added by another that comes due', async (t) => {
  const { clock, timers, calls, note } = setUp();
  timers.add(10, () => {
    timers.add(0, note('at once'));
    timers.add(5, note('later'));
  });
  clock.advance(100);
  t.strictSame(calls, ['at once at 10', 'later at 15']);
});

t.test('a clock that calls too early is asked again', async (t) => {
  const { clock, calls, note } = setUp();
  const early = new Timers({
    now: () => clock.now(),
    elapsed: () => clock.elapsed(),
    after: (ms, run) => clock.after(Math.min(ms, 4), run),
  });
  early.add(10, note('x'));
  clock.advance(9);
  t.strictSame(calls, []);
  clock.advance(1);
  t.strictSame(calls, ['x at 10']);
});

t.test('clear takes all of them back', async (t) => {
  const { clock, timers, calls, note } = setUp();
  timers.add(10, note('a'));
  timers.add(20, note('b'));
  timers.clear();
  t.equal(clock.pending, 0);
  clock.advance(100);
  t.strictSame(calls, []);
});
