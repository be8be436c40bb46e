import { readText } from './read-text.ts';

/** What a host has mapped without agents, LevelDB's tables among it, of which there may be 1,000; counted in /proc/self/maps: 210. */
export const MAPS_OF_HOST = 1_300;

/**
 * What the thread of a small agent has mapped, with some room: counted in the same way, 33.2 on Node 26 and 48.4 on Node 24. A heap of
 * 70 MiB has 246 of them.
 */
export function mapsOfThread(node: number): number {
  return node >= 26 ? 40 : 55;
}

/** How many such threads can have memory in this process: where maps run out, V8 ends it. All there may be where nothing says so. */
export function threadsMapped(): number {
  const limit = Number(readText('/proc/sys/vm/max_map_count') ?? Number.NaN);
  const threads = (limit - MAPS_OF_HOST) / mapsOfThread(Number.parseInt(process.versions.node, 10));
  return Number.isNaN(threads) ? 1_000_000 : Math.max(1, Math.floor(threads));
}
