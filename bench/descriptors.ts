import { readFileSync } from 'node:fs';

/** What the process has open by itself, and LevelDB's tables. */
const OTHERS = 1_200;

/**
 * Throws where this process may not open so many files: without it, threads would fail to start one by one. Node itself
 * has raised the soft limit to the hard one. Elsewhere than on Linux, nothing is known and nothing thrown.
 */
export function mustAllowDescriptors(count: number, what: string): void {
  if (process.platform !== 'linux') return;
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const allowed = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  const needed = count + OTHERS;
  if (allowed >= needed) return;
  throw new Error(
    `${what} need about ${needed} file descriptors, and this process may open ${allowed}: raise the hard limit (ulimit -Hn ${needed}).`,
  );
}
