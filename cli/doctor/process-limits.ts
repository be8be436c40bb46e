import { cgroupTexts } from '../../core/cgroup.ts';
import type { ReadText } from '../../core/read-text.ts';

/** A limit to how many threads there may be, less what it counts already. */
export interface ThreadLimit {
  /** What limits them. */
  readonly by: string;
  readonly left: number;
  /** A line that raises it. */
  readonly remedy: string;
}

/** What Node's types leave out. */
interface Report {
  excludeNetwork: boolean;
  getReport(): { readonly userLimits?: Readonly<Record<string, { readonly soft: number | 'unlimited' }>> };
}

/** How many files a host may open. Node raises its own soft limit to the hard one as it starts: this is that of any host. */
export function maxOpenFiles(): number | undefined {
  return userLimit('open_files');
}

/** All limits that this system tells. Where threads of others count as well, those there are now are taken off. */
export function threadLimits(read: ReadText): readonly ThreadLimit[] {
  const limits: ThreadLimit[] = [];
  const add = (by: string, left: number | undefined, remedy: string) => {
    if (left !== undefined && !Number.isNaN(left)) limits.push({ by, left, remedy });
  };
  // "0.40 0.20 0.10 2/523 4711": of 523 threads 2 are running.
  const running = Number(read('/proc/loadavg')?.split(/[ /]/)[4] ?? 0);
  for (const name of ['threads-max', 'pid_max']) {
    const text = read(`/proc/sys/kernel/${name}`);
    if (text !== undefined) add(`kernel.${name}`, Number(text) - running, `sudo sysctl -w kernel.${name}=4194304`);
  }
  add('ulimit -u', userLimit('max_user_processes'), 'ulimit -u 65536');
  // `max` where there is no limit.
  const inGroups = cgroupTexts('pids', 'pids.max', read).map(Number);
  const tightest = Math.min(...inGroups.filter((limit) => limit >= 0));
  if (Number.isFinite(tightest)) {
    const current = Number(cgroupTexts('pids', 'pids.current', read)[0] ?? 0);
    add('pids.max', tightest - current, 'docker run --pids-limit 65536, or TasksMax=65536 in the systemd unit');
  }
  return limits;
}

function userLimit(name: string): number | undefined {
  const report = process.report as unknown as Report;
  // It would look up the names of network interfaces, which may take long.
  report.excludeNetwork = true;
  const soft = report.getReport().userLimits?.[name]?.soft;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : soft;
}
