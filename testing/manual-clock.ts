import type { Clock, Timer } from '../core/clock.ts';
import { DrowseError } from '../core/errors.ts';

/** A clock that stands still until it is told to advance. Both its scales start at `start`. */
export class ManualClock implements Clock {
  #time: number;
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void; readonly background: boolean }>();

  constructor(start = 1_000_000) {
    this.#time = start;
  }

  now(): number {
    return this.#time;
  }

  elapsed(): number {
    return this.#time;
  }

  after(ms: number, run: () => void, options: { background?: boolean } = {}): Timer {
    const timer = { at: this.#time + ms, run, background: options.background ?? false };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  /** When the next timer is due; undefined where none runs. */
  get next(): number | undefined {
    return this.#timers.size === 0 ? undefined : Math.min(...[...this.#timers].map(({ at }) => at));
  }

  /** How many timers run. */
  get pending(): number {
    return this.#timers.size;
  }

  /** How many of them keep the process alive. */
  get foreground(): number {
    return [...this.#timers].filter(({ background }) => !background).length;
  }

  /**
   * Moves the time forward, calling what comes due on the way at its own time, the earliest first. Throws
   * `ERR_DROWSE_INVALID_OPTIONS` where `ms` is no length of time.
   */
  advance(ms: number): void {
    checkMs(ms);
    const end = this.#time + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#time = Math.max(this.#time, due.at);
      due.run();
    }
    // One of them may have moved it further.
    this.#time = Math.max(this.#time, end);
  }
}

/** A clock that went back, or stood at no time at all, would be nobody's. */
export function checkMs(ms: number): void {
  if (Number.isFinite(ms) && ms >= 0) return;
  throw new DrowseError('ERR_DROWSE_INVALID_OPTIONS', `advance takes milliseconds, from 0 on, not ${String(ms)}.`);
}
