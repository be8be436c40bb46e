import { setTimeout as sleep } from 'node:timers/promises';
import { inChild } from './child.ts';
import { type CrowdParams, openCrowd } from './crowds.ts';
import { type Footprint, footprint } from './footprint.ts';
import type { Invariant } from './scenario.ts';

interface Params extends CrowdParams {
  /** How long the awake crowd is watched. */
  readonly idleMs: number;
}

/** What a crowd costs that is awake and has nothing to do. */
export interface Standing {
  readonly before: Footprint;
  readonly awake: Footprint;
  /** The share of one core that the whole process took, in percent. */
  readonly cpu: number;
  readonly invariants: readonly Invariant[];
}

/** Wakes a crowd in a process of its own, and leaves it alone. */
export function standing(params: Params): Promise<Standing> {
  return inChild(import.meta.url, 'inThisProcess', params);
}

/** For {@link standing}, which names it to a child process. @public */
export async function inThisProcess({ idleMs, ...params }: Params): Promise<Standing> {
  await using crowd = await openCrowd(params);
  const before = await footprint();
  await crowd.wake();
  const awake = await footprint();
  const start = performance.now();
  const used = process.cpuUsage();
  await sleep(idleMs);
  const { user, system } = process.cpuUsage(used);
  const cpu = (100 * (user + system)) / 1_000 / (performance.now() - start);
  await crowd.sleep();
  return { before, awake, cpu, invariants: await crowd.invariants() };
}
