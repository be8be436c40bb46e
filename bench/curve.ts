import { setTimeout as sleep } from 'node:timers/promises';
import { inChild } from './child.ts';
import { type CrowdParams, openCrowd } from './crowds.ts';
import { footprint, type Sizes, sizes } from './footprint.ts';
import type { Invariant } from './scenario.ts';

interface Params extends CrowdParams {
  /** How long the process is watched once all sleep. */
  readonly afterMs: number;
}

export interface Sample extends Sizes {
  /** Seconds since the last one slept; negative before. */
  readonly at: number;
}

/** The memory of a process whose crowd wakes once and sleeps. */
export interface Curve {
  readonly before: Sizes;
  readonly awake: Sizes;
  readonly samples: readonly Sample[];
  readonly invariants: readonly Invariant[];
}

const EVERY_MS = 250;
/** How long the process is watched before the first one wakes, and with all awake. */
const LEVEL_MS = 1_500;

/** Watches the memory of a process of its own while a crowd in it wakes and sleeps. */
export function curve(params: Params): Promise<Curve> {
  return inChild(import.meta.url, 'inThisProcess', params);
}

/** For {@link curve}, which names it to a child process. @public */
export async function inThisProcess({ afterMs, ...params }: Params): Promise<Curve> {
  await using crowd = await openCrowd(params);
  const before = await footprint();
  const taken: Sample[] = [];
  const timer = setInterval(() => taken.push({ at: performance.now(), ...sizes() }), EVERY_MS);
  await sleep(LEVEL_MS);
  await crowd.wake();
  await sleep(LEVEL_MS);
  const awake = sizes();
  await crowd.sleep();
  const asleepAt = performance.now();
  // No garbage is collected: nobody would do that for a host.
  await sleep(afterMs);
  clearInterval(timer);
  const samples = taken
    .map(({ at, ...rest }) => ({ at: (at - asleepAt) / 1_000, ...rest }))
    .filter(({ at }) => at * 1_000 <= afterMs);
  return { before, awake, samples, invariants: await crowd.invariants() };
}
