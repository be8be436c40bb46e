import { type Footprint, footprint } from './footprint.ts';
import { progress } from './progress.ts';
import type { Invariant } from './scenario.ts';

/** Many threads that wake and sleep together: drowse's agents, or bare workers that are spawned and terminated. */
export interface Crowd {
  /** Resolves once each has answered a message. */
  wake(): Promise<void>;
  /** Resolves once none has a thread. */
  sleep(): Promise<void>;
  /** What must be true of it whatever the machine. */
  invariants(): Promise<readonly Invariant[]>;
}

/** What the process took at each stage. */
export interface Stages {
  readonly before: Footprint;
  /** In the first cycle, with all awake. */
  readonly awake: Footprint;
  /** After the first cycle. */
  readonly asleep: Footprint;
  /** After the last cycle. */
  readonly cycled: Footprint;
  readonly invariants: readonly Invariant[];
}

/** Wakes a crowd and puts it to sleep, `cycles` times, in this process. */
export async function throughStages(crowd: Crowd, cycles: number): Promise<Stages> {
  const before = await footprint();
  await crowd.wake();
  const awake = await footprint();
  await crowd.sleep();
  const asleep = await footprint();
  for (let cycle = 2; cycle <= cycles; cycle += 1) {
    progress(`cycle ${cycle} of ${cycles}`);
    await crowd.wake();
    await crowd.sleep();
  }
  const cycled = cycles > 1 ? await footprint() : asleep;
  return { before, awake, asleep, cycled, invariants: await crowd.invariants() };
}
