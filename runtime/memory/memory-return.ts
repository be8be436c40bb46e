import type { Clock, Timer } from '../../core/clock.ts';
import type { HelperPool } from '../isolates/helper-pool.ts';

/** How long after a thread's end its memory is given back: threads often end together, and one trim serves all. */
const TRIM_AFTER_MS = 1_000;

/**
 * Makes the memory of ended threads return to the system. The C library keeps much of it for later: of 100 agents'
 * 700 MB, some 150 stay until it is asked to give them back.
 */
export class MemoryReturn {
  readonly #clock: Clock;
  readonly #helpers: HelperPool;
  #timer: Timer | undefined;
  #possible: boolean;

  /** `possible`: whether the C library can be asked. */
  constructor(clock: Clock, helpers: HelperPool, possible: boolean) {
    this.#clock = clock;
    this.#helpers = helpers;
    this.#possible = possible;
  }

  threadEnded(): void {
    if (this.#possible) this.#timer ??= this.#clock.after(TRIM_AFTER_MS, () => void this.#trim(), { background: true });
  }

  stop(): void {
    this.#possible = false;
    this.#timer?.cancel();
  }

  async #trim(): Promise<void> {
    this.#timer = undefined;
    try {
      this.#possible &&= await this.#helpers.run<boolean>('trim-memory');
    } catch {
      // The host is closing: all of its memory is about to return.
    }
  }
}
