import { MAPS_OF_HOST, mapsOfThread } from '../../core/memory-maps.ts';

/** What an awake agent takes in a thread, its state being small. */
export interface Costs {
  readonly descriptors: number;
  readonly maps: number;
  readonly threads: number;
  readonly bytes: number;
}

const MIB = 2 ** 20;

/**
 * Measured on x86-64 Linux with glibc: one supervisor with 10, 60 and 110 agents of examples/counter awake, counted in
 * /proc/self (fd, maps, task, RSS). On Node 26 each took 5.00 descriptors, 33.2 maps, 1.00 threads and 7.1 MiB; on Node 24
 * 5.00, 48.4, 1.00 and 10.8 MiB. Some maps are added here: a heap of 70 MiB has 246 of them, 3.4 for each further MiB.
 */
export function costsOf(node: number): Costs {
  const common = { descriptors: 5, threads: 1 };
  return { ...common, maps: mapsOfThread(node), bytes: (node >= 26 ? 7.1 : 10.8) * MIB };
}

/**
 * What an agent takes in a process of its own: 7.00 threads and, of its host, 5.00 descriptors, counted in the same way. Of 110
 * such agents each had a PSS of 11.8 MiB; what is taken here leaves room for a heap that has grown.
 */
export const PROCESS_AGENT: Costs = { descriptors: 5, maps: 0, threads: 7, bytes: 16.5 * MIB };

/**
 * What a host takes without agents. Counted the same way: 27 descriptors, 210 maps, 7 threads beside libuv's pool, and 88 MiB.
 * Added are connections of callers, and LevelDB's tables, of which it maps up to 1,000.
 */
export const HOST: Costs = { descriptors: 64, maps: MAPS_OF_HOST, threads: 16, bytes: 100 * MIB };
