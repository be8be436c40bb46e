import { readFileSync } from 'node:fs';

/** What this process has written, as Linux counts it. Bytes. */
export interface DiskWrites {
  /** Given to `write` calls: LevelDB's log, tables and compactions, and the few bytes by which threads wake each other. */
  readonly called: number;
  /** Of the pages that were to go to a disk: one of 4 KiB that is fsynced after each of ten small writes counts ten times. */
  readonly pages: number;
}

/** Undefined where the system does not say. */
export function diskWrites(): DiskWrites | undefined {
  if (process.platform !== 'linux') return undefined;
  const counters = readFileSync('/proc/self/io', 'utf8');
  const counter = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(counters)?.[1]);
  return { called: counter('wchar'), pages: counter('write_bytes') };
}

/** What has been written since. */
export function writesSince(before: DiskWrites | undefined): DiskWrites | undefined {
  const now = diskWrites();
  return now && before && { called: now.called - before.called, pages: now.pages - before.pages };
}
