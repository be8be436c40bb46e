import type { Check } from './check.ts';
import type { Facts } from './facts.ts';
import { descriptors, maps, memory, threads } from './limit-checks.ts';
import { cpu, wallClock } from './machine-checks.ts';
import { allocator, nodeVersion, threadPool, v8Flag } from './node-checks.ts';
import { disk, fileSystem, inodes } from './place-checks.ts';

/** All that can be said of a machine as a place for a host. */
export interface Checkup {
  readonly checks: readonly Check[];
  /** How many agents may be awake in threads at once, and the check that allows no more. */
  readonly agents: number;
  readonly boundBy: string;
  /** How many checks are bad. */
  readonly bad: number;
}

const CHECKS = [
  nodeVersion,
  v8Flag,
  allocator,
  threadPool,
  memory,
  descriptors,
  maps,
  threads,
  cpu,
  disk,
  inodes,
  fileSystem,
  wallClock,
];

/** Judges the facts. */
export function checkup(facts: Facts): Checkup {
  const checks = CHECKS.map((check) => check(facts));
  // The memory is always known.
  let [agents, boundBy] = [Number.POSITIVE_INFINITY, 'memory'];
  for (const check of checks) {
    if (check.agents !== undefined && check.agents < agents) [agents, boundBy] = [check.agents, check.name];
  }
  return { checks, agents, boundBy, bad: checks.filter(({ status }) => status === 'bad').length };
}
