import type { Clock, Timer } from '../../core/clock.ts';
import type { SupervisorEvents } from '../events.ts';
import { toEvict } from '../policies.ts';

/** How much memory the host may take, agents in processes of their own included. Bytes. */
export interface MemoryLimits {
  /** Above it, idle agents are put to sleep. */
  readonly limitBytes: number;
  /** Down to this. */
  readonly targetBytes: number;
}

/** How often it is measured without being asked. */
const LOOK_EVERY_MS = 1_000;
/** A measurement is good for so long. */
const FRESH_MS = 100;
/** So long after agents were put to sleep their memory has returned, if it does: threads end, and one trim later follows. */
const RETURNED_AFTER_MS = 3_000;

export interface MemoryBudgetOptions {
  readonly clock: Clock;
  readonly limits: MemoryLimits;
  /** What the host takes now, in bytes. */
  readonly measure: () => number;
  /** How many there are, spares included. */
  readonly workers: () => number;
  /** Puts idle agents to sleep; returns how many go. */
  readonly evict: (count: number) => number;
  /** Gives up the spares; returns how many there were. */
  readonly dropSpares: () => number;
  /** Memory is not short any more. */
  readonly onRelief: () => void;
  readonly announce: (event: SupervisorEvents['memoryPressure'][0]) => void;
}

/**
 * Keeps the host within its memory: above the limit, spares are given up, and then so many idle agents sleep, the least recently used
 * first, as brings it down to the target. What that frees is waited for before more are: it returns seconds later.
 */
export class MemoryBudget {
  readonly #clock: Clock;
  readonly #options: MemoryBudgetOptions;
  /** What the host took before the first agent woke. */
  readonly #baseBytes: number;
  #timer: Timer | undefined;
  #used: number;
  #measuredAt: number;
  #pressed = false;
  /** Some were put to sleep a moment ago, and their memory is still to return. */
  #returning = false;

  constructor(options: MemoryBudgetOptions) {
    this.#clock = options.clock;
    this.#options = options;
    this.#baseBytes = options.measure();
    this.#used = this.#baseBytes;
    this.#measuredAt = this.#clock.elapsed();
  }

  get limits(): MemoryLimits {
    return this.#options.limits;
  }

  /** What is in use, as last measured, in bytes. */
  get usedBytes(): number {
    return this.#used;
  }

  /** Whether memory is short: from when the limit is passed until the target is reached. */
  get pressed(): boolean {
    return this.#pressed;
  }

  /**
   * Whether memory is short, measured now unless that was done a moment ago, or will be with so many workers that are about to start:
   * of many agents that wake at once, none has taken any yet.
   */
  isShort(coming = 0): boolean {
    if (this.#clock.elapsed() - this.#measuredAt >= FRESH_MS) this.#look();
    return this.#pressed || this.#used + coming * LEAST_BYTES > this.limits.limitBytes;
  }

  /** Whether there is memory for what need not be. */
  isAmple(): boolean {
    return !this.isShort() && this.#used + this.#bytesEach() < this.limits.targetBytes;
  }

  start(): void {
    const look = (): void => {
      this.#look();
      this.#timer = this.#clock.after(LOOK_EVERY_MS, look, { background: true });
    };
    look();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#pressed = false;
  }

  #look(): void {
    const { limitBytes, targetBytes } = this.limits;
    this.#used = this.#options.measure();
    this.#measuredAt = this.#clock.elapsed();
    if (this.#used > limitBytes) {
      if (!this.#returning) this.#relieve();
      this.#pressed = true;
    } else if (this.#pressed && this.#used <= targetBytes) {
      this.#pressed = false;
      this.#options.onRelief();
    }
  }

  #relieve(): void {
    const { evict, dropSpares, announce } = this.#options;
    const each = this.#bytesEach();
    const spares = dropSpares();
    const wanted = toEvict(this.#used - spares * each, this.limits.targetBytes, each);
    const evicted = evict(wanted);
    const some = spares + evicted > 0;
    // Not with every look at a host in which nobody is idle.
    if (some || !this.#pressed) announce({ usedBytes: this.#used, ...this.limits, evicted });
    if (!some) return;
    this.#returning = true;
    const done = () => {
      this.#returning = false;
    };
    this.#clock.after(RETURNED_AFTER_MS, done, { background: true });
  }

  /** What a worker takes on average. */
  #bytesEach(): number {
    const workers = this.#options.workers();
    return workers === 0 ? LEAST_BYTES : Math.max(LEAST_BYTES, (this.#used - this.#baseBytes) / workers);
  }
}

/** A worker that has done nothing yet. */
const LEAST_BYTES = 6 * 2 ** 20;
