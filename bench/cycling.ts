import { inChild } from './child.ts';
import { type CrowdParams, openCrowd } from './crowds.ts';
import { type Footprint, footprint } from './footprint.ts';
import { progress } from './progress.ts';
import type { Invariant } from './scenario.ts';

interface Params extends CrowdParams {
  readonly rounds: number;
}

/** What is left of a crowd that wakes and sleeps over and over. */
export interface Cycling {
  readonly before: Footprint;
  /** With all asleep, one for each round. */
  readonly rounds: readonly Footprint[];
  readonly invariants: readonly Invariant[];
}

/** Wakes a crowd and puts it to sleep, again and again, in a process of its own. */
export function cycling(params: Params): Promise<Cycling> {
  return inChild(import.meta.url, 'inThisProcess', params);
}

/** For {@link cycling}, which names it to a child process. @public */
export async function inThisProcess({ rounds, ...params }: Params): Promise<Cycling> {
  await using crowd = await openCrowd(params);
  const before = await footprint();
  const after: Footprint[] = [];
  while (after.length < rounds) {
    await crowd.wake();
    await crowd.sleep();
    after.push(await footprint(before.descriptors));
    progress(`round ${after.length} of ${rounds}, ${Math.round(after.at(-1)?.rss ?? 0)} MiB`);
  }
  return { before, rounds: after, invariants: await crowd.invariants() };
}
