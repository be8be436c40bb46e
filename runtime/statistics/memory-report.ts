import { readFile } from 'node:fs/promises';
import { getHeapStatistics } from 'node:v8';
import type { Holder } from '../memory/holder.ts';

/** Where the memory of a host is, in bytes. What only Linux tells is undefined elsewhere. */
export interface MemoryReport {
  readonly rss: number;
  /** RSS with each page that several processes share counted in parts. */
  readonly pss: number | undefined;
  /** Of RSS, pages that no file backs. */
  readonly anonymous: number | undefined;
  /** The heaps of V8, of the host and of all threads: what is in use, and what that takes. */
  readonly heaps: { readonly used: number; readonly physical: number };
  /** Buffers and the like that live outside of the heaps. */
  readonly external: number;
  /** Anonymous memory that is neither: stacks, compiled code, LevelDB, and what the allocator keeps for later. */
  readonly rest: number | undefined;
  /** Agents in processes of their own: how many, and their memory beside the host's. */
  readonly processes: { readonly count: number; readonly rss: number; readonly pss: number };
}

/** Asks the system, and every thread by an interrupt: some milliseconds for a thousand. */
export async function reportMemory(holders: Iterable<Holder>): Promise<MemoryReport> {
  const own = await smapsOf('self');
  const host = getHeapStatistics();
  const heaps = { used: host.used_heap_size, physical: host.total_physical_size };
  const processes = { count: 0, rss: 0, pss: 0 };
  let external = host.external_memory ?? process.memoryUsage().external;
  await Promise.all(
    Array.from(holders, async (holder) => {
      if (holder.pid !== undefined) {
        const { rss = 0, pss = 0 } = (await smapsOf(holder.pid)) ?? {};
        processes.count += 1;
        processes.rss += rss;
        processes.pss += pss;
        return;
      }
      const memory = await holder.heap();
      heaps.used += memory?.used ?? 0;
      heaps.physical += memory?.physical ?? 0;
      external += memory?.external ?? 0;
    }),
  );
  const rest = own && Math.max(0, own.anonymous - heaps.physical - external);
  const rss = own?.rss ?? process.memoryUsage.rss();
  return { rss, pss: own?.pss, anonymous: own?.anonymous, heaps, external, rest, processes };
}

/** Read by a thread of the pool: with a thousand agents it takes the system some 50 ms. */
async function smapsOf(pid: number | 'self'): Promise<{ rss: number; pss: number; anonymous: number } | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
    const size = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1_024;
    return { rss: size('Rss'), pss: size('Pss'), anonymous: size('Anonymous') };
  } catch {
    return undefined;
  }
}
