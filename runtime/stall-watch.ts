import type { Clock, Timer } from '../core/clock.ts';
import type { Store } from '../storage/store.ts';
import { stillFor } from './policies.ts';

/** How often a write is looked at before it counts as stalled. */
const LOOKS = 10;

/**
 * Tells of a write that does not return: the disk is gone, or agents have taken every thread of the pool that writes need.
 * Time in which this thread did not get to look is not counted.
 */
export class StallWatch {
  readonly #store: Pick<Store, 'writing'>;
  readonly #clock: Clock;
  readonly #stallMs: number;
  readonly #onStall: (forMs: number) => void;
  #write: number | undefined;
  #forMs = 0;
  #told = false;
  #timer: Timer | undefined;

  constructor(store: Pick<Store, 'writing'>, clock: Clock, stallMs: number, onStall: (forMs: number) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#stallMs = stallMs;
    this.#onStall = onStall;
  }

  start(): void {
    const intervalMs = Math.max(1, this.#stallMs / LOOKS);
    const lookedAt = this.#clock.elapsed();
    const look = () => {
      this.#look(this.#clock.elapsed() - lookedAt, intervalMs);
      this.start();
    };
    this.#timer = this.#clock.after(intervalMs, look, { background: true });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Once for each write that stalls. */
  #look(sinceMs: number, intervalMs: number): void {
    const { writing } = this.#store;
    const same = writing !== undefined && writing === this.#write;
    this.#forMs = stillFor(same, this.#forMs, sinceMs, intervalMs);
    this.#write = writing;
    if (!same) this.#told = false;
    if (this.#forMs < this.#stallMs || this.#told) return;
    this.#told = true;
    this.#onStall(Math.round(this.#forMs));
  }
}
