import { isBuiltin } from 'node:module';
import { readText } from './read-text.ts';

/** Without it Node 26 keeps the pages of ended threads in a pool. V8 reads it as it starts, from the command line alone. */
export const FREE_ENDED_THREADS = '--no-memory-pool-share-memory-on-teardown';

/** What {@link FREE_ENDED_THREADS} may look like to V8, on or off. The last one counts. */
const FLAG = /^--(no[-_]?)?memory[-_]pool[-_]share[-_]memory[-_]on[-_]teardown$/;

/** The first version of Node that keeps the pages, and has the flag. */
const SINCE_NODE = 26;

/** With these jemalloc gives back what is freed at once; as it comes, only while it is called, and seconds later. */
const NO_DECAY = 'dirty_decay_ms:0,muzzy_decay_ms:0';

const JEMALLOC = `LD_PRELOAD=libjemalloc.so.2 MALLOC_CONF=${NO_DECAY}`;

/** Something that keeps memory from going back to the system, and what to do about it. */
export interface Obstacle {
  readonly by: 'v8' | 'allocator';
  readonly what: string;
  readonly remedy: string;
}

/** Whether the memory of ended threads goes back to the system. */
export interface PageReturn {
  /** V8 gives their pages back: {@link FREE_ENDED_THREADS} is in effect, or this Node has none (24 gives them back after some 10 s). */
  readonly v8Flag: boolean;
  /** Whose `malloc` is called. `other` is musl, another preloaded one, or another system than Linux. */
  readonly allocator: 'glibc' | 'jemalloc' | 'other';
  /** What the allocator keeps for later can be asked back, by glibc's `malloc_trim` through `node:ffi`. */
  readonly trim: boolean;
  /** Empty where all of it goes back. */
  readonly missing: readonly Obstacle[];
}

/** What {@link pageReturnOf} judges. */
export interface PageFacts {
  /** The major version. */
  readonly node: number;
  readonly execArgv: readonly string[];
  /** The files mapped into the process, as in /proc/self/maps. Empty where the system is not Linux. */
  readonly maps: string;
  readonly mallocConf: string;
  /** `node:ffi` is there and may be used. */
  readonly ffi: boolean;
}

/**
 * Whether the memory of ended threads goes back to the system from this process. To be called on the main thread, and once: it
 * reads all of /proc/self/maps, which has some forty lines for each thread.
 */
export function pageReturn(): PageReturn {
  return pageReturnOf(pageFacts());
}

/** The facts of this process, read as {@link pageReturn} reads them. */
export function pageFacts(): PageFacts {
  return {
    node: Number.parseInt(process.versions.node, 10),
    execArgv: process.execArgv,
    maps: readText('/proc/self/maps') ?? '',
    mallocConf: process.env.MALLOC_CONF ?? '',
    ffi: isBuiltin('node:ffi') && (process.permission?.has('ffi') ?? true),
  };
}

/** Decides it from facts. */
export function pageReturnOf({ node, execArgv, maps, mallocConf, ffi }: PageFacts): PageReturn {
  const v8Flag = node < SINCE_NODE || execArgv.findLast((flag) => FLAG.test(flag))?.startsWith('--no') === true;
  const allocator = allocatorIn(maps);
  const trim = allocator === 'glibc' && ffi;
  const missing: Obstacle[] = [];
  if (!v8Flag) {
    missing.push({
      by: 'v8',
      what: `V8 keeps the pages of ended threads: Node was started without ${FREE_ENDED_THREADS}`,
      remedy: `node ${FREE_ENDED_THREADS} host.js, or drowse run host.js`,
    });
  }
  if (allocator === 'glibc' && !trim) {
    const why = node < SINCE_NODE ? `Node ${node} has no node:ffi` : 'node:ffi may not be used';
    missing.push({
      by: 'allocator',
      what: `glibc keeps freed memory, and ${why} to ask it back`,
      remedy: node < SINCE_NODE ? `Node 26, or ${JEMALLOC}` : `node --allow-ffi, or ${JEMALLOC}`,
    });
  }
  if (allocator === 'jemalloc' && !NO_DECAY.split(',').every((setting) => mallocConf.includes(setting))) {
    missing.push({ by: 'allocator', what: 'jemalloc gives freed memory back late', remedy: `MALLOC_CONF=${NO_DECAY}` });
  }
  if (allocator === 'other') {
    missing.push({
      by: 'allocator',
      what: 'this allocator cannot be asked for the memory that it keeps',
      remedy: 'a Linux with glibc, such as the image node:26-slim',
    });
  }
  return { v8Flag, allocator, trim, missing };
}

function allocatorIn(maps: string): PageReturn['allocator'] {
  if (/\/libjemalloc[^/]*\.so/.test(maps)) return 'jemalloc';
  if (/\/lib(tcmalloc|mimalloc|snmalloc|hoard)[^/]*\.so/.test(maps)) return 'other';
  return /\/libc(\.so\.6|-2\.\d+\.so)/.test(maps) ? 'glibc' : 'other';
}
