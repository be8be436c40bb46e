import { availableParallelism } from 'node:os';
import { cgroupTexts } from '../../core/cgroup.ts';
import type { ReadText } from '../../core/read-text.ts';

/** How much the host may compute at once. */
export interface Cores {
  /** Those that this process may run on. */
  readonly machine: number;
  /** How many of them its control groups let it use, such as 0.5; undefined where they set no limit. */
  readonly quota: number | undefined;
}

/** Reads them; groups of version 2 have quota and period in one file, those of version 1 in two. */
export function cores(read: ReadText): Cores {
  const periods = cgroupTexts('cpu', 'cpu.cfs_period_us', read);
  const quotas = [
    ...cgroupTexts('cpu', 'cpu.max', read).map((text) => text.split(' ')),
    ...cgroupTexts('cpu', 'cpu.cfs_quota_us', read).map((quota, group) => [quota, periods[group]]),
  ].map(([quota, period]) => Number(quota) / Number(period));
  // No limit is `max` or -1.
  const quota = Math.min(...quotas.filter((part) => part > 0));
  return { machine: availableParallelism(), quota: Number.isFinite(quota) ? quota : undefined };
}
