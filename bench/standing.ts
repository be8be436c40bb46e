import { setTimeout as sleep } from 'node:timers/promises';
import { inChild } from './child.ts';
import { type CrowdParams, openCrowd } from './crowds.ts';
import { type Footprint, footprint } from './footprint.ts';
import type { Invariant } from './scenario.ts';

interface Params extends CrowdParams {
  /** How long the awake crowd is watched, twice, and how long it is left alone in between. */
  readonly watch?: { readonly forMs: number; readonly pauseMs: number } | undefined;
}

/** What a crowd costs that is awake and has nothing to do. */
export interface Standing {
  readonly before: Footprint;
  readonly awake: Footprint;
  /** The shares of one core that the whole process took while it was watched, in percent: at first, and later. */
  readonly cpu: readonly [first: number, later: number] | undefined;
  readonly invariants: readonly Invariant[];
}

/** Wakes a crowd in a process of its own, and leaves it alone. */
export function standing(params: Params): Promise<Standing> {
  return inChild(import.meta.url, 'inThisProcess', params);
}

/** For {@link standing}, which names it to a child process. @public */
export async function inThisProcess({ watch, ...params }: Params): Promise<Standing> {
  await using crowd = await openCrowd(params);
  const before = await footprint();
  await crowd.wake();
  const awake = await footprint();
  let cpu: Standing['cpu'];
  if (watch) {
    const first = await cpuFor(watch.forMs);
    await sleep(watch.pauseMs);
    cpu = [first, await cpuFor(watch.forMs)];
  }
  await crowd.sleep();
  return { before, awake, cpu, invariants: await crowd.invariants() };
}

async function cpuFor(ms: number): Promise<number> {
  const start = performance.now();
  const used = process.cpuUsage();
  await sleep(ms);
  const { user, system } = process.cpuUsage(used);
  return (100 * (user + system)) / 1_000 / (performance.now() - start);
}
