import type { Clock, Timer } from '../../core/clock.ts';
import type { HelperPool } from '../isolates/helper-pool.ts';
import { collectGarbage } from './collect-garbage.ts';

/** How long after a thread's end its memory is given back: threads often end together, and one time serves all. */
const RETURN_AFTER_MS = 1_000;

/** What fewer threads leave in the heap of this one is not worth holding it up. */
const MANY = 50;

export interface MemoryReturnOptions {
  readonly clock: Clock;
  readonly helpers: Pick<HelperPool, 'run'>;
  /** Whether the C library can be asked. */
  readonly trims: boolean;
  readonly collect?: () => void;
}

/**
 * Makes the memory of ended threads return to the system. The C library keeps much of it for later: of 100 agents' 700 MB, some 150
 * stay until it is asked to give them back. And this thread's own heap has grown for them: by 30 MB for 200, by 90 for 1,000.
 */
export class MemoryReturn {
  readonly #clock: Clock;
  readonly #helpers: MemoryReturnOptions['helpers'];
  readonly #collect: () => void;
  #timer: Timer | undefined;
  #trims: boolean;
  #stopped = false;
  /** How many threads have ended since garbage was collected for them. */
  #ended = 0;

  constructor({ clock, helpers, trims, collect = collectGarbage }: MemoryReturnOptions) {
    this.#clock = clock;
    this.#helpers = helpers;
    this.#trims = trims;
    this.#collect = collect;
  }

  threadEnded(): void {
    this.#ended += 1;
    if (this.#stopped) return;
    this.#timer ??= this.#clock.after(RETURN_AFTER_MS, () => void this.#return(), { background: true });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #return(): Promise<void> {
    this.#timer = undefined;
    if (this.#ended >= MANY) {
      this.#ended = 0;
      this.#collect();
    }
    try {
      if (this.#trims) this.#trims = await this.#helpers.run<boolean>('trim-memory');
    } catch {
      // The host is closing: all of its memory is about to return.
    }
  }
}
