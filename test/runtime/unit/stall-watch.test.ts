import t from 'tap';
import { StallWatch } from '../../../runtime/stall-watch.ts';
import { ManualClock } from '../../../testing/manual-clock.ts';

function setUp() {
  const clock = new ManualClock();
  const store = { writing: undefined as number | undefined };
  const stalls: number[] = [];
  const watch = new StallWatch(store, clock, 100, (forMs) => stalls.push(forMs));
  watch.start();
  return { clock, store, stalls, watch };
}

t.test('a write that does not return is told of once', async (t) => {
  const { clock, store, stalls } = setUp();
  store.writing = 1;
  clock.advance(100);
  t.same(stalls, []);
  clock.advance(20);
  t.same(stalls, [100]);
  clock.advance(500);
  t.same(stalls, [100]);
});

t.test('each write has its own time, and none has any between two', async (t) => {
  const { clock, store, stalls } = setUp();
  for (const writing of [1, 2, undefined, 3]) {
    store.writing = writing;
    clock.advance(90);
  }
  t.same(stalls, []);
  clock.advance(40);
  t.same(stalls, [100]);
});

t.test('nothing is planned once it is stopped', async (t) => {
  const { clock, watch } = setUp();
  watch.stop();
  t.equal(clock.pending, 0);
});
