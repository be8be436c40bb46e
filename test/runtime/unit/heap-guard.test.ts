import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { Timers } from '../../../core/timers.ts';
import { type HeapExceeded, HeapGuard } from '../../../runtime/isolates/heap-guard.ts';
import { ManualClock } from '../../../testing/manual-clock.ts';

const LIMIT = 100;

/** A thread that says what the test wants it to. */
function setUp() {
  const clock = new ManualClock();
  const thread = {
    held: 0 as number | undefined,
    busyForMs: undefined as number | undefined,
    ranMs: 0,
    runs: true,
    measured: 0,
    ended: undefined as HeapExceeded | undefined,
    async heap() {
      thread.measured += 1;
      return thread.held === undefined ? undefined : { used: thread.held, external: 0 };
    },
    exceeded(error: HeapExceeded) {
      thread.ended = error;
    },
  };
  const watch = new HeapGuard(new Timers(clock), clock).watch(thread, LIMIT);
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 10) {
      clock.advance(10);
      thread.ranMs += thread.runs ? 10 : 0;
      await setImmediate();
    }
  };
  return { thread, watch, pass };
}

t.test('a thread is ended that is above its limit for half a second, whatever it does', async (t) => {
  const { thread, pass } = setUp();
  thread.held = LIMIT + 1;
  await pass(450);
  t.equal(thread.ended, undefined);
  await pass(300);
  t.match(thread.ended, { name: 'HeapExceeded' });
});

t.test('one sample below the limit starts the half second anew', async (t) => {
  const { thread, pass } = setUp();
  for (let round = 0; round < 5; round += 1) {
    thread.held = LIMIT + 1;
    await pass(400);
    thread.held = LIMIT - 1;
    await pass(100);
  }
  t.equal(thread.ended, undefined);
});

t.test('one sample above twice the limit is enough', async (t) => {
  const { thread, pass } = setUp();
  thread.held = 2 * LIMIT + 1;
  await pass(60);
  t.ok(thread.ended);
});

t.test('a thread that gives no answer is left alone', async (t) => {
  const { thread, pass } = setUp();
  thread.held = undefined;
  thread.busyForMs = 60_000;
  await pass(5_000);
  t.equal(thread.ended, undefined);
});

t.test('a quiet thread is measured ever more rarely, one at work in a long turn often', async (t) => {
  const { thread, watch, pass } = setUp();
  await pass(60_000);
  t.ok(thread.measured < 40, `${thread.measured} times in a minute`);
  const before = thread.measured;
  thread.busyForMs = 100;
  watch.heat();
  await pass(1_000);
  t.ok(thread.measured - before >= 15, `${thread.measured - before} times in a second`);
});

t.test('a turn that waits for something is measured once a second, and often again once it runs', async (t) => {
  const { thread, pass } = setUp();
  await pass(1_000);
  thread.busyForMs = 60_000;
  thread.runs = false;
  const before = thread.measured;
  await pass(10_000);
  t.ok(thread.measured - before <= 11, `${thread.measured - before} times in ten seconds`);
  t.ok(thread.measured - before >= 8, `${thread.measured - before} times in ten seconds`);
  thread.runs = true;
  thread.held = 2 * LIMIT + 1;
  await pass(60);
  t.ok(thread.ended);
});

t.test('short turns are measured once a second', async (t) => {
  const { thread, watch, pass } = setUp();
  thread.busyForMs = 1;
  for (let n = 0; n < 50; n += 1) {
    watch.heat();
    await pass(100);
  }
  t.ok(thread.measured >= 4 && thread.measured <= 7, `${thread.measured} times in five seconds`);
});

t.test('whether it fits is told with the first sample that is not above the limit', async (t) => {
  const { thread, watch, pass } = setUp();
  thread.held = LIMIT + 1;
  let fits = false;
  void watch.fits().then(() => {
    fits = true;
  });
  await pass(200);
  t.equal(fits, false);
  thread.held = LIMIT;
  await pass(100);
  t.equal(fits, true);
});

t.test('one that hardly runs is not measured, however long it is awake', async (t) => {
  const { thread, pass } = setUp();
  thread.held = 1;
  await pass(2_000);
  thread.runs = false;
  const before = thread.measured;
  await pass(120_000);
  t.ok(thread.measured <= before + 1);
  thread.runs = true;
  await pass(20_000);
  t.ok(thread.measured > before + 1);
});

t.test('one that fills memory behind its turns is found within two seconds, however long it was quiet', async (t) => {
  const { thread, pass } = setUp();
  thread.held = 1;
  thread.runs = false;
  await pass(60_000);
  thread.runs = true;
  thread.held = 3 * LIMIT;
  await pass(2_300);
  t.ok(thread.ended);
});

t.test('what a thread holds too much is known from the last sample', async (t) => {
  const { thread, watch, pass } = setUp();
  thread.held = LIMIT;
  await pass(100);
  t.equal(watch.excess(), undefined);
  thread.held = LIMIT + 1;
  thread.busyForMs = 100;
  watch.heat();
  await pass(100);
  t.match(watch.excess(), { name: 'HeapExceeded' });
});
