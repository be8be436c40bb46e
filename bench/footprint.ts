import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the process takes. Sizes are MiB; undefined where the system is not Linux and does not say. */
export interface Footprint {
  readonly rss: number;
  /** RSS with pages shared between processes counted in parts: the fairer sum over many. */
  readonly pss: number | undefined;
  /** Pages that no file backs: heaps, stacks. */
  readonly anonymous: number | undefined;
  readonly threads: number | undefined;
  readonly descriptors: number | undefined;
}

/** Longer than what V8 and libuv put off (page pools, closing handles), shorter than anybody's patience. */
const SETTLE_MS = 1_000;

/** Collects garbage, lets the process come to rest, and looks. */
export async function footprint(): Promise<Footprint> {
  globalThis.gc?.();
  await sleep(SETTLE_MS);
  globalThis.gc?.();
  if (process.platform !== 'linux') {
    const rss = process.memoryUsage.rss() / 1024 ** 2;
    return { rss, pss: undefined, anonymous: undefined, threads: undefined, descriptors: undefined };
  }
  const descriptors = readdirSync('/proc/self/fd').length;
  const threads = readdirSync('/proc/self/task').length;
  const rollup = readFileSync('/proc/self/smaps_rollup', 'utf8');
  const size = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1]) / 1024;
  return { rss: size('Rss'), pss: size('Pss'), anonymous: size('Anonymous'), threads, descriptors };
}
