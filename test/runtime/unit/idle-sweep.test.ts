import t from 'tap';
import { IdleSweep, type Sleeper } from '../../../runtime/lifecycle/idle-sweep.ts';
import { ManualClock } from '../../../testing/manual-clock.ts';

/** A sweep every 10 ms on a clock moved by hand, and sleepers that note when they are asked. */
function setUp() {
  const clock = new ManualClock(0);
  const sweep = new IdleSweep(clock, 10);
  const asked: string[] = [];
  const sleeper = (name: string, answer: () => number | undefined = () => undefined): Sleeper => ({
    get idleTimeLeftMs() {
      asked.push(`${name} at ${clock.elapsed()}`);
      return answer() ?? 0;
    },
    nominate() {},
  });
  sweep.start();
  return { clock, sweep, asked, sleeper };
}

t.test('agents are asked at the first sweep after their timeout, the earliest first', async (t) => {
  const { clock, sweep, asked, sleeper } = setUp();
  sweep.watch(sleeper('late'), 25);
  sweep.watch(sleeper('second'), 9);
  sweep.watch(sleeper('first'), 3);
  clock.advance(100);
  t.strictSame(asked, ['first at 10', 'second at 10', 'late at 30']);
});

t.test('one that is not idle is asked again after the time it names', async (t) => {
  const { clock, sweep, asked, sleeper } = setUp();
  const answers = [15, 1, undefined];
  sweep.watch(
    sleeper('a', () => answers.shift()),
    10,
  );
  clock.advance(100);
  t.strictSame(asked, ['a at 10', 'a at 30', 'a at 40']);
});

t.test('one that was taken back is not asked', async (t) => {
  const { clock, sweep, asked, sleeper } = setUp();
  const unwatch = sweep.watch(sleeper('a'), 5);
  sweep.watch(sleeper('b'), 5);
  unwatch();
  unwatch();
  clock.advance(100);
  t.strictSame(asked, ['b at 10']);
});

t.test('one that was put back can still be taken back', async (t) => {
  const { clock, sweep, asked, sleeper } = setUp();
  const unwatch = sweep.watch(
    sleeper('a', () => 20),
    5,
  );
  clock.advance(10);
  unwatch();
  clock.advance(100);
  t.strictSame(asked, ['a at 10']);
});

t.test('one that is taken back while it is asked is not put back, whatever it answers', async (t) => {
  const { clock, sweep, asked, sleeper } = setUp();
  const unwatch = sweep.watch(
    sleeper('a', () => {
      unwatch();
      return 20;
    }),
    5,
  );
  clock.advance(100);
  t.strictSame(asked, ['a at 10']);
});

t.test('the sweep keeps no process alive', async (t) => {
  const { clock, sweep, sleeper } = setUp();
  sweep.watch(sleeper('a'), 5);
  t.equal(clock.pending, 1, 'one timer, however many agents');
  t.equal(clock.foreground, 0);
  clock.advance(100);
  t.equal(clock.pending, 1);
  t.equal(clock.foreground, 0);
});

t.test('stopped, it asks nobody any more', async (t) => {
  const { clock, sweep, asked, sleeper } = setUp();
  sweep.watch(sleeper('a'), 5);
  sweep.stop();
  clock.advance(100);
  t.strictSame(asked, []);
  t.equal(clock.pending, 0);
});
