import type { Clock, Timer } from './clock.ts';
import { type Deadline, Deadlines } from './deadlines.ts';

/** Any number of timeouts behind one timer of the clock's. */
export class Timers {
  readonly #clock: Clock;
  readonly #how: { readonly background: boolean };
  readonly #deadlines = new Deadlines();
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  /** In the `background`, they don't keep the process alive. */
  constructor(clock: Clock, how: { readonly background: boolean } = { background: false }) {
    this.#clock = clock;
    this.#how = how;
  }

  /** Calls `due` once, `ms` from now, unless it is cancelled before. */
  add(ms: number, due: () => void): Deadline {
    const deadline = this.#deadlines.add(this.#clock.elapsed() + ms, due);
    this.#arm();
    return deadline;
  }

  /** Takes one back; false for one that was called. */
  cancel(deadline: Deadline): boolean {
    const cancelled = this.#deadlines.cancel(deadline);
    if (this.#deadlines.size === 0) this.#disarm();
    return cancelled;
  }

  /** Waits for some work; calls `late` if it takes longer than `ms`. */
  async during<T>(ms: number, work: Promise<T>, late: () => void): Promise<T> {
    const deadline = this.add(ms, late);
    try {
      return await work;
    } finally {
      this.cancel(deadline);
    }
  }

  clear(): void {
    this.#deadlines.clear();
    this.#disarm();
  }

  /** A timer that fires before anything is due arms again: cheaper than moving it at each cancel. */
  #arm(): void {
    const next = this.#deadlines.next;
    if (next === undefined || next >= this.#timerAt) return;
    this.#disarm();
    this.#timerAt = next;
    const due = () => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.#deadlines.fire(this.#clock.elapsed());
      this.#arm();
    };
    this.#timer = this.#clock.after(Math.max(0, next - this.#clock.elapsed()), due, this.#how);
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timerAt = Number.POSITIVE_INFINITY;
  }
}
