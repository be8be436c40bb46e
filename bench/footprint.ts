import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a process has in memory, in MiB; undefined where the system is not Linux and does not say. */
export interface Sizes {
  readonly rss: number;
  /** RSS with pages shared between processes counted in parts: the fairer sum over many. */
  readonly pss: number | undefined;
  /** Pages that no file backs: heaps, stacks. */
  readonly anonymous: number | undefined;
}

/** What this process takes, at rest. */
export interface Footprint extends Sizes {
  readonly threads: number | undefined;
  readonly descriptors: number | undefined;
}

/** Longer than what V8, libuv and drowse put off (page pools, closing handles, trims), shorter than anybody's patience. */
const SETTLE_MS = 2_000;

/** How long a thread that does short work, such as a trim, is waited for. */
const LINGER_MS = 10_000;

/**
 * Collects garbage, lets the process come to rest, and looks. Where `descriptors` is given, threads that do short work are
 * at an end by then: those of Node hold some, and no more than so many may be open.
 */
export async function footprint(descriptors = Number.POSITIVE_INFINITY): Promise<Footprint> {
  globalThis.gc?.();
  await sleep(SETTLE_MS);
  for (let waited = 0; (entries('fd') ?? 0) > descriptors && waited < LINGER_MS; waited += 100) await sleep(100);
  globalThis.gc?.();
  return { ...sizes(), threads: entries('task'), descriptors: entries('fd') };
}

/** How many threads or open descriptors this process has; undefined where the system is not Linux and does not say. */
function entries(of: 'task' | 'fd'): number | undefined {
  return process.platform === 'linux' ? readdirSync(`/proc/self/${of}`).length : undefined;
}

/** What this process, or on Linux another one, has in memory now. */
export function sizes(pid: number | 'self' = 'self'): Sizes {
  if (process.platform !== 'linux') {
    return { rss: process.memoryUsage.rss() / 1024 ** 2, pss: undefined, anonymous: undefined };
  }
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const size = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1]) / 1024;
  return { rss: size('Rss'), pss: size('Pss'), anonymous: size('Anonymous') };
}
