import { readdirSync, readFileSync } from 'node:fs';
import { type Sizes, sizes } from './footprint.ts';

/** A process and all that descend from it, each before its children. Needs Linux's /proc. */
export function processTree(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(processTree)];
}

/** What a process and all that descend from it have in memory together. Needs Linux's /proc. */
export function sizesOfTree(pid: number): Sizes {
  const all = processTree(pid).map(sizes);
  const sum = (of: keyof Sizes) => all.reduce((total, each) => total + (each[of] ?? Number.NaN), 0);
  return { rss: sum('rss'), pss: sum('pss'), anonymous: sum('anonymous') };
}
