import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DrowseError } from '../core/errors.ts';

/** Says who holds a database, as far as Linux tells, and how an orphan is ended. */
export function lockedError(directory: string, cause: unknown): DrowseError {
  const holder = holderOf(directory);
  return new DrowseError('ERR_DROWSE_STORE_LOCKED', `Another supervisor holds ${directory}${holder}.`, { cause });
}

function holderOf(directory: string): string {
  try {
    const { ino } = statSync(join(directory, 'LOCK'));
    const pid = new RegExp(` (\\d+) \\S+:${ino} `).exec(readFileSync('/proc/locks', 'utf8'))?.[1];
    return pid === undefined ? '' : describe(pid);
  } catch {
    return '';
  }
}

function describe(pid: string): string {
  const about = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8');
  const parent = /^PPid:\t(\d+)$/m.exec(about('status'))?.[1];
  const launcher = /(?:^|\0)DROWSE_LAUNCHER=(\d+)\0/.exec(about('environ'))?.[1];
  const process = `: process ${pid} (${about('cmdline').replaceAll('\0', ' ').trim()})`;
  if (launcher === undefined || launcher === parent) return process;
  return `${process}, whose launcher is gone. It ends by itself unless it is blocked; \`kill -9 ${pid}\` ends it at once`;
}
