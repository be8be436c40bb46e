import { readFileSync } from 'node:fs';

const PAGE_BYTES = 4_096;
const LOOK_MS = 50;

/** Calls once the resident memory of a process passes a limit. */
export function watchMemory(pid: number, limitBytes: number, onPast: () => void): { stop(): void } {
  const timer = setInterval(() => {
    if (residentBytes(pid) <= limitBytes) return;
    clearInterval(timer);
    onPast();
  }, LOOK_MS);
  return { stop: () => clearInterval(timer) };
}

function residentBytes(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
  } catch {
    return 0; // It is gone.
  }
}
