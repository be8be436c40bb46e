import t from 'tap';
import { Timers } from '../../../core/timers.ts';
import { HangGuard } from '../../../runtime/isolates/hang-guard.ts';
import { ManualClock } from '../../../testing/manual-clock.ts';

const LIMITS = { heartbeatIntervalMs: 10, hangTimeoutMs: 100, turnTimeoutMs: 300 };

/** A thread whose pulse the test has in hand. */
function setUp() {
  const clock = new ManualClock();
  const guard = new HangGuard(new Timers(clock), clock, LIMITS);
  const thread = {
    beat: 0,
    lastBeat: () => thread.beat,
    pulse: { running: undefined as number | undefined },
    hungFor: undefined as number | undefined,
    overdueTurn: undefined as number | undefined,
    hung(ms: number) {
      thread.hungFor = ms;
    },
    overdue(turn: number) {
      thread.overdueTurn = turn;
    },
  };
  guard.watch(thread);
  const pass = (ms: number, beating: boolean) => {
    for (let passed = 0; passed < ms; passed += 10) {
      if (beating) thread.beat += 1;
      clock.advance(10);
    }
  };
  return { clock, guard, thread, pass };
}

t.test('a thread hangs whose beat stands still for hangTimeoutMs', async (t) => {
  const { thread, pass } = setUp();
  pass(50, true);
  pass(90, false);
  t.equal(thread.hungFor, undefined);
  pass(20, false);
  t.equal(thread.hungFor, 100);
});

t.test('each beat starts the time anew', async (t) => {
  const { thread, pass } = setUp();
  for (let round = 0; round < 10; round += 1) {
    pass(10, true);
    pass(80, false);
  }
  t.equal(thread.hungFor, undefined);
});

t.test('so does each turn: those that wait for nothing follow each other without a beat', async (t) => {
  const { thread, pass } = setUp();
  pass(10, true);
  for (let turn = 1; turn <= 10; turn += 1) {
    thread.pulse.running = turn;
    pass(90, false);
  }
  t.equal(thread.hungFor, undefined);
  pass(20, false);
  t.equal(thread.hungFor, 100);
});

t.test('a thread that has not beaten yet is starting', async (t) => {
  const { thread, pass } = setUp();
  pass(1_000, false);
  t.equal(thread.hungFor, undefined);
});

t.test('a turn is overdue after turnTimeoutMs, and the next one has its own time', async (t) => {
  const { thread, pass } = setUp();
  thread.pulse.running = 1;
  pass(250, true);
  thread.pulse.running = 2;
  pass(250, true);
  t.equal(thread.overdueTurn, undefined);
  pass(100, true);
  t.equal(thread.overdueTurn, 2);
});

t.test('nothing is planned once no thread is left', async (t) => {
  const { clock, guard, thread } = setUp();
  guard.unwatch(thread);
  guard.unwatch(thread);
  t.equal(clock.pending, 0);
});
