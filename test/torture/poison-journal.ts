import { readFileSync } from 'node:fs';

/** What suspects wrote down: that a turn began or ended, and in which process. */
export interface Line {
  readonly pid: number;
  readonly what: 'begin' | 'end';
  readonly agent: string;
}

export function readJournal(file: string): Line[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => {
    const [pid, what, agent] = line.split(' ');
    return { pid: Number(pid), what: what as Line['what'], agent: agent as string };
  });
}

/**
 * What went wrong with the turns that had begun as an earlier process ended: each was to run in the next with no other such
 * turn beside it, and there have to have been some for that to say anything.
 */
export function overlaps(lines: readonly Line[]): { resumed: number; wrong: string[] } {
  const wrong: string[] = [];
  let resumed = 0;
  /** Turns that began in an earlier process and ended in none. */
  let suspects = new Set<string>();
  for (const pid of new Set(lines.map((line) => line.pid))) {
    const open = new Set<string>();
    for (const { what, agent } of lines.filter((line) => line.pid === pid)) {
      if (what === 'end') {
        open.delete(agent);
        suspects.delete(agent);
        continue;
      }
      const beside = [...open].filter((other) => suspects.has(other));
      if (suspects.has(agent)) {
        resumed += 1;
        if (beside.length > 0) wrong.push(`in process ${pid}, ${agent} began beside ${beside}`);
      }
      open.add(agent);
    }
    suspects = new Set([...suspects, ...open]);
  }
  return { resumed, wrong };
}
