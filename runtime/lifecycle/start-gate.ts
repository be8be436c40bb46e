import type { Timers } from '../../core/timers.ts';
import { Turnstile } from '../../core/turnstile.ts';

/** How many threads start at a time: more would only take the cores from the agents that are awake. */
const AT_ONCE = 16;

/** For this long the next waits at most for one that takes long, such as one whose `activate()` waits for the network. */
const PATIENCE_MS = 250;

/** Keeps starts apart, so that a storm of crashes, or a thousand agents woken at once, is no storm of starts. */
export class StartGate {
  readonly #timers: Timers;
  readonly #turnstile = new Turnstile(AT_ONCE);

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** How many starts wait for others. */
  get waiting(): number {
    return this.#turnstile.waiting;
  }

  /** Begins a start once there is room for one more. */
  async during<T>(start: () => Promise<T>): Promise<T> {
    const turn = this.#turnstile.enter();
    if (turn) await turn;
    const patience = this.#timers.add(PATIENCE_MS, () => this.#turnstile.leave());
    try {
      return await start();
    } finally {
      if (this.#timers.cancel(patience)) this.#turnstile.leave();
    }
  }
}
