import type { Clock } from '../../core/clock.ts';
import type { Deadline } from '../../core/deadlines.ts';
import type { Timers } from '../../core/timers.ts';

/** When something that failed may be tried again. Times are milliseconds since 1970, on a clock that may be set. */
export class Retry {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #timers: Timers;
  /** Nothing waits for longer: what would is due, on a clock that was set back. */
  readonly #maxMs: number;
  readonly #onDue: () => void;
  #next: { readonly at: number; readonly deadline: Deadline } | undefined;

  constructor(clock: Pick<Clock, 'now'>, timers: Timers, maxMs: number, onDue: () => void) {
    this.#clock = clock;
    this.#timers = timers;
    this.#maxMs = maxMs;
    this.#onDue = onDue;
  }

  /** Undefined where nothing waits. */
  get at(): number | undefined {
    return this.#next?.at;
  }

  isDue(at: number | undefined): boolean {
    const now = this.#clock.now();
    return at === undefined || at <= now || at > now + this.#maxMs;
  }

  /** Waits until then, in the place of what it waited for; undefined: for nothing. */
  wait(at: number | undefined): void {
    if (this.#next) this.#timers.cancel(this.#next.deadline);
    this.#next = undefined;
    if (at === undefined) return;
    const ms = Math.min(Math.max(0, at - this.#clock.now()), this.#maxMs);
    const deadline = this.#timers.add(ms, () => {
      this.#next = undefined;
      this.#onDue();
    });
    this.#next = { at, deadline };
  }
}
