import type { Check } from '../../../cli/doctor/check.ts';
import { checkup } from '../../../cli/doctor/checkup.ts';
import type { Facts } from '../../../cli/doctor/facts.ts';
import { FREE_ENDED_THREADS, type PageFacts, pageReturnOf } from '../../../core/page-return.ts';

export const GIB = 2 ** 30;

const PAGE: PageFacts = {
  node: 26,
  execArgv: [FREE_ENDED_THREADS],
  maps: '7f1 r-xp 0 fe:00 1 /usr/lib/x86_64-linux-gnu/libc.so.6\n',
  mallocConf: '',
  ffi: true,
};

/** How memory goes back where hosts have it well but for this. */
export const served = (page: Partial<PageFacts>) => pageReturnOf({ ...PAGE, ...page });

/** A machine at which nothing is wrong. */
const WELL: Facts = {
  node: '26.10.0',
  served: served({}),
  threadPool: undefined,
  openFiles: 1_048_576,
  maxMaps: 1_048_576,
  threads: [{ by: 'kernel.threads-max', left: 190_000, remedy: 'sudo sysctl' }],
  memory: { bytes: 16 * GIB, source: 'machine' },
  place: {
    directory: './data',
    at: '/srv/data',
    writable: true,
    freeBytes: 100 * GIB,
    freeInodes: 1_000_000,
    fileSystem: 'ext4',
    writtenAt: Date.UTC(2026, 10, 1),
  },
  clock: { now: Date.UTC(2026, 10, 2), writtenAt: undefined, synchronised: true },
  cores: { machine: 8, quota: undefined },
};

/** The checkup of such a machine, but for what is said here. */
export function checkupOf(facts: Partial<Facts> = {}) {
  return checkup({ ...WELL, ...facts });
}

/** One of its checks. */
export function check(name: string, facts: Partial<Facts>): Check | undefined {
  return checkupOf(facts).checks.find((check) => check.name === name);
}

/** A place for agents at which nothing is wrong but for this. */
export function place(differs: Partial<Facts['place']>): Partial<Facts> {
  return { place: { ...WELL.place, ...differs } };
}
