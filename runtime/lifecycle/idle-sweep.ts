import type { Clock, Timer } from '../../core/clock.ts';
import { type Deadline, Deadlines } from '../../core/deadlines.ts';

/** What the sweep asks of an awake agent. */
export interface Sleeper {
  /** In how many milliseconds it is time for it to sleep, unless something happens until then. */
  readonly idleTimeLeftMs: number;
  nominate(reason: 'idle'): unknown;
}

/**
 * Looks for idle agents at each interval. Agents stand in the order in which they could be idle at the earliest; one
 * that was active since is put back then, not at each message, so that a message costs the sweep nothing.
 */
export class IdleSweep {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #deadlines = new Deadlines();
  #timer: Timer | undefined;

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /** Watches an agent from now on; the result takes it back. */
  watch(sleeper: Sleeper, timeoutMs: number): () => void {
    let watched = true;
    let deadline: Deadline;
    const add = (ms: number): void => {
      deadline = this.#deadlines.add(this.#clock.elapsed() + ms, () => {
        const { idleTimeLeftMs } = sleeper;
        if (idleTimeLeftMs <= 0) sleeper.nominate('idle');
        else if (watched) add(idleTimeLeftMs);
      });
    };
    add(timeoutMs);
    return () => {
      watched = false;
      this.#deadlines.cancel(deadline);
    };
  }

  start(): void {
    const options = { background: true };
    const sweep = (): void => {
      this.#timer = this.#clock.after(this.#intervalMs, sweep, options);
      this.#deadlines.fire(this.#clock.elapsed());
    };
    this.#timer = this.#clock.after(this.#intervalMs, sweep, options);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#deadlines.clear();
  }
}
