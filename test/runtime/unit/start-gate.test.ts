import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { Timers } from '../../../core/timers.ts';
import { StartGate } from '../../../runtime/lifecycle/start-gate.ts';
import { ManualClock } from '../../../testing/manual-clock.ts';

/** A gate, and how many of the starts given to it have begun. */
function setUp(starts: number) {
  const clock = new ManualClock();
  const gate = new StartGate(new Timers(clock));
  const ends = Array.from({ length: starts }, () => Promise.withResolvers<number>());
  let begun = 0;
  const all = ends.map(({ promise }) =>
    gate.during(() => {
      begun += 1;
      return promise;
    }),
  );
  return { clock, gate, ends, all, begun: () => begun };
}

t.test('sixteen start at a time, and each that is up lets the next begin', async (t) => {
  const { clock, ends, all, begun, gate } = setUp(20);
  t.equal(begun(), 16);
  ends[3]?.resolve(7);
  t.equal(await all[3], 7);
  await setImmediate();
  t.equal(begun(), 17);
  ends[4]?.reject(new Error('it failed'));
  await t.rejects(all[4] as Promise<number>, { message: 'it failed' });
  await setImmediate();
  t.equal(begun(), 18);
  t.equal(gate.waiting, 2);
  t.equal(clock.pending, 1);
});

t.test('one that takes long is not waited for, and makes room once', async (t) => {
  const { clock, ends, all, begun } = setUp(60);
  clock.advance(250);
  await setImmediate();
  t.equal(begun(), 32, 'the first sixteen have had their time');
  for (const { resolve } of ends.slice(0, 16)) resolve(0);
  await Promise.all(all.slice(0, 16));
  await setImmediate();
  t.equal(begun(), 32);
});
