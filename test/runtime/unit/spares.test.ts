import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import type { AgentType } from '../../../runtime/agent-types.ts';
import type { Isolate, Tenant } from '../../../runtime/isolates/isolate.ts';
import type { Isolates } from '../../../runtime/isolates/isolates.ts';
import { Spares } from '../../../runtime/isolates/spares.ts';
import type { Settings } from '../../../runtime/settings.ts';
import { ManualClock } from '../../../testing/manual-clock.ts';

/** One spare of one type, whose workers take until they are let to be made, and to be gone. */
function setUp() {
  const clock = new ManualClock();
  const made = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<Error>();
  const spawned: string[] = [];
  const spawn = (_: AgentType, { name }: Tenant) => {
    spawned.push(name);
    const isolate = {
      name,
      ended: gone.promise,
      isEnding: false,
      serve() {},
      prepare: () => made.promise,
      async end() {
        isolate.isEnding = true;
        await gone.promise;
      },
    };
    return isolate as unknown as Isolate;
  };
  const type = { name: 'echo' } as AgentType;
  const spares = new Spares({
    isolates: { spawn, load: async () => 'module' } as unknown as Isolates,
    types: [type],
    settings: { clock, spares: { min: 1, max: 1 }, startTimeoutMs: 1_000, log: { debug() {} } } as unknown as Settings,
    starts: { waiting: 0 },
    hasRoom: () => true,
  });
  const wake = () => spares.isolate(type, { name: 'echo/a', frame() {}, output() {}, overdue() {} }).name;
  return { clock, spares, made, gone, spawned, wake };
}

t.test('a spare serves whoever wakes', async (t) => {
  const { clock, spares, made, spawned, wake } = setUp();
  spares.start();
  clock.advance(1);
  made.resolve();
  await setImmediate();
  t.equal(spares.size, 1);
  t.equal(wake(), 'echo (spare)');
  t.strictSame(spawned, ['echo (spare)']);
});

t.test('one that was ended as it got ready serves nobody', async (t) => {
  const { clock, spares, made, gone, wake } = setUp();
  spares.start();
  clock.advance(1);
  made.resolve();
  const stopped = spares.stop();
  await setImmediate();
  t.equal(wake(), 'echo/a');
  gone.resolve(new Error('it was terminated'));
  await stopped;
  t.equal(spares.size, 0);
});
