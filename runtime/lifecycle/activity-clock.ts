import type { Clock } from '../../core/clock.ts';
import { idleTimeLeft } from '../policies.ts';

/** When an agent was last active: messages and the ends of turns count, looking at it and its heartbeat do not. */
export class ActivityClock {
  /** After how long without activity the agent should sleep, in milliseconds. */
  timeoutMs: number;
  readonly #clock: Clock;
  #last: number;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.timeoutMs = timeoutMs;
    this.#last = clock.elapsed();
  }

  get idleForMs(): number {
    return this.#clock.elapsed() - this.#last;
  }

  touch(): void {
    this.#last = this.#clock.elapsed();
  }

  /** How long the agent may stay awake from now on, in milliseconds; 0 or less: it should sleep. */
  timeLeft(busy: boolean): number {
    return idleTimeLeft({ busy, lastActivity: this.#last }, this.#clock.elapsed(), this.timeoutMs);
  }
}
