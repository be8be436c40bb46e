import type { Clock, Timer } from '../../core/clock.ts';
import { LINGERS_MS, Lingering } from '../../core/lingering.ts';
import type { HelperPool } from '../isolates/helper-pool.ts';
import { collectGarbage } from './collect-garbage.ts';

/** How long after it is free memory is given back: threads often end together, and one time serves all. */
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
 * Makes the memory of ended threads, and what all threads let go, return to the system. The C library keeps much of it for later: of
 * 100 agents' 700 MB, some 150 stay until it is asked to give them back. And this thread's own heap has grown for them: by 30 MB for
 * 200, by 90 for 1,000.
 */
export class MemoryReturn {
  readonly #clock: Clock;
  readonly #helpers: MemoryReturnOptions['helpers'];
  readonly #collect: () => void;
  readonly #lingering = new Lingering();
  #timer: Timer | undefined;
  #later: Timer | undefined;
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
    if (!this.#stopped) this.#timer ??= this.#plan(RETURN_AFTER_MS);
  }

  /** All threads let go of so many bytes that they had in common, and collect them as {@link Lingering} does. */
  letGo(bytes: number): void {
    if (!this.#lingering.add(bytes) || this.#stopped) return;
    this.#later?.cancel();
    this.#later = this.#plan(LINGERS_MS + RETURN_AFTER_MS);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#later?.cancel();
  }

  #plan(afterMs: number): Timer {
    return this.#clock.after(afterMs, () => void this.#return(), { background: true });
  }

  async #return(): Promise<void> {
    this.#timer?.cancel();
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
