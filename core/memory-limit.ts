import { totalmem } from 'node:os';
import { cgroupTexts } from './cgroup.ts';
import { type ReadText, readText } from './read-text.ts';

/** How much memory this process and its children may take, and what says so. */
export interface MemoryLimit {
  readonly bytes: number;
  readonly source: 'container' | 'machine';
}

/** From `memory.high` on, a version 2 group makes its processes wait for memory: a host would hardly move any more. */
const FILES = ['memory.max', 'memory.high', 'memory.limit_in_bytes'];

/**
 * The smallest limit of the control groups around this process, of version 1 or 2, or the memory of the machine where that is
 * less. (`process.constrainedMemory()` looks at the innermost group alone, and gives 2^64 where that has no limit.)
 */
export function memoryLimit(read: ReadText = readText, machine: number = totalmem()): MemoryLimit {
  const limits = FILES.flatMap((file) => cgroupTexts('memory', file, read))
    .map(Number)
    // Version 2 says `max` where there is none, version 1 a number beyond all memory.
    .filter((bytes) => bytes > 0 && bytes < machine);
  if (limits.length === 0) return { bytes: machine, source: 'machine' };
  return { bytes: Math.min(...limits), source: 'container' };
}
