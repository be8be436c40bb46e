import { hrtime } from 'node:process';

/** Milliseconds on a scale that only grows, and is the same for all threads and processes of the machine. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}
