import type { Deadline } from '../../core/deadlines.ts';
import type { Timers } from '../../core/timers.ts';
import { restartDelay } from '../policies.ts';

/** The crashes of an agent since its last turn that ended, and the wait before its next start. */
export class Restarts {
  readonly #timers: Timers;
  readonly #backoffMs: readonly [first: number, last: number];
  #crashes = 0;
  #next: Deadline | undefined;

  constructor(timers: Timers, backoffMs: readonly [first: number, last: number]) {
    this.#timers = timers;
    this.#backoffMs = backoffMs;
  }

  /** Crashes in a row. */
  get crashes(): number {
    return this.#crashes;
  }

  /** Whether a start is to come. */
  get pending(): boolean {
    return this.#next !== undefined;
  }

  crashed(): void {
    this.#crashes += 1;
  }

  /** A turn ended: whatever crashed before, the agent gets somewhere. */
  progressed(): void {
    this.#crashes = 0;
  }

  /** Calls `start` when the wait is over. */
  schedule(start: () => void): void {
    this.#next = this.#timers.add(restartDelay(this.#crashes, this.#backoffMs), () => {
      this.#next = undefined;
      start();
    });
  }

  cancel(): void {
    if (this.#next) this.#timers.cancel(this.#next);
    this.#next = undefined;
  }
}
