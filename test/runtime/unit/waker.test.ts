import { pino } from 'pino';
import t from 'tap';
import { Timers } from '../../../core/timers.ts';
import { Waker } from '../../../runtime/messages/waker.ts';
import { ManualClock } from '../../../testing/manual-clock.ts';
import { eventually } from '../../eventually.ts';

const IDS = ['a', 'b', 'c', 'd'];

/** A waker of two agents at a time, and agents that have something to do until the test says otherwise. */
function setUp() {
  const clock = new ManualClock();
  const reminded: string[] = [];
  const asleep: string[] = [];
  const done = new Map(IDS.map((id) => [id, Promise.withResolvers<void>()]));
  const find = (id: string) => ({
    remind: () => void reminded.push(id),
    quiet: () => done.get(id)?.promise ?? Promise.resolve(),
    passivate: async () => void asleep.push(id),
  });
  const messages = { waiting: async function* () {} };
  const waker = new Waker({ messages, log: pino({ level: 'silent' }), timers: new Timers(clock), find, limit: 2 });
  for (const id of IDS) void waker.wake(id, 'alarm');
  return { clock, reminded, asleep, finish: (id: string) => done.get(id)?.resolve() };
}

t.test('agents are woken a few at a time, and sleep again where others wait', async (t) => {
  const { reminded, asleep, finish } = setUp();
  t.same(reminded, ['a', 'b']);
  finish('b');
  await eventually('the third is woken', () => reminded.length === 3);
  t.same([reminded, asleep], [['a', 'b', 'c'], ['b']]);
  for (const id of IDS) finish(id);
  await eventually('the last is woken', () => reminded.length === 4);
  t.same(reminded, IDS);
});

t.test('one that takes long holds up the next for two seconds, and no longer', async (t) => {
  const { clock, reminded } = setUp();
  await clock.advance(1_999);
  t.same(reminded, ['a', 'b']);
  await clock.advance(1);
  await eventually('the others are woken', () => reminded.length === 4);
});
