import type { Clock } from '../../core/clock.ts';
import type { Deadline } from '../../core/deadlines.ts';
import type { Timers } from '../../core/timers.ts';
import { isMeasured, isOverLimit, nextLook } from '../policies.ts';

/** What a thread holds, in bytes. */
interface Held {
  readonly used: number;
  readonly external: number;
}

/** A thread as the guard sees it. */
export interface Guarded {
  /** Undefined where the thread gives no answer. */
  heap(): Promise<Held | undefined>;
  /** For how long its turn, or its start, has been running, in milliseconds; undefined between turns. */
  readonly busyForMs: number | undefined;
  /** For how long it has run code since it was started, in milliseconds; undefined where that is not known. */
  readonly ranMs: number | undefined;
  /** Called once, with what was measured. */
  exceeded(error: HeapExceeded): void;
}

/** What ended a thread that held more memory than it may. */
export class HeapExceeded extends Error {
  override readonly name = 'HeapExceeded';

  constructor({ used, external }: Held, limit: number) {
    const mb = (bytes: number) => Math.round(bytes / 2 ** 20);
    super(
      `it held ${mb(used + external)} MiB (${mb(used)} of heap, ${mb(external)} external); maxHeapMb allows ${mb(limit)}`,
    );
  }
}

/**
 * Ends threads that hold more memory than they may. V8's own limit does not do it: reaching that can end the whole process, and
 * buffers do not count for it. A thread at work is measured often; one that is quiet ever more rarely.
 */
export class HeapGuard {
  readonly #timers: Timers;
  readonly #clock: Clock;

  constructor(timers: Timers, clock: Clock) {
    this.#timers = timers;
    this.#clock = clock;
  }

  watch(thread: Guarded, limit: number): HeapWatch {
    return new HeapWatch(thread, limit, this.#timers, this.#clock);
  }
}

/** A thread that is looked at more rarely than this is looked at soon when it is given something to do. */
const COOL_MS = 200;

/** The watch over one thread. */
export class HeapWatch {
  readonly #thread: Guarded;
  readonly #limit: number;
  readonly #timers: Timers;
  readonly #clock: Clock;
  #intervalMs = 0;
  #next: Deadline | undefined;
  #measuring = false;
  /** For how long the thread had run when it was last measured. */
  #ranMs = 0;
  #measuredAt = Number.NEGATIVE_INFINITY;
  /** What the thread held when it was last measured. */
  #held: Held = { used: 0, external: 0 };
  /** Since when every sample was over the limit. */
  #overSince: number | undefined;
  #below: PromiseWithResolvers<void> | undefined;
  #stopped = false;

  constructor(thread: Guarded, limit: number, timers: Timers, clock: Clock) {
    this.#thread = thread;
    this.#limit = limit;
    this.#timers = timers;
    this.#clock = clock;
    this.#plan(nextLook({ busyForMs: 0, share: 0 }, 0));
  }

  /** What the thread held when it was last measured, in bytes. */
  get bytes(): number {
    return this.#held.used + this.#held.external;
  }

  /** What is wrong with the thread if it was above its limit when it was last measured. */
  excess(): HeapExceeded | undefined {
    return this.#share > 1 ? new HeapExceeded(this.#held, this.#limit) : undefined;
  }

  /** What it held then, as a share of the limit. */
  get #share(): number {
    return this.bytes / this.#limit;
  }

  /** The thread was given something to do. */
  heat(): void {
    if (this.#intervalMs > COOL_MS && !this.#measuring) this.#plan(nextLook({ busyForMs: 0, share: 0 }, 0));
  }

  /** Resolves with the next sample that is not above the limit; never, if the thread is ended before there is one. */
  fits(): Promise<void> {
    this.#below ??= Promise.withResolvers();
    this.#measuredAt = Number.NEGATIVE_INFINITY;
    this.#ranMs = Number.NEGATIVE_INFINITY;
    if (!this.#measuring) this.#plan(0);
    return this.#below.promise;
  }

  stop(): void {
    this.#stopped = true;
    if (this.#next) this.#timers.cancel(this.#next);
  }

  #plan(ms: number): void {
    if (this.#stopped) return;
    if (this.#next) this.#timers.cancel(this.#next);
    this.#intervalMs = ms;
    // Quiet threads are looked at together: a look at each by itself would wake this one ever so often.
    const late = ms > COOL_MS ? COOL_MS - ((this.#clock.elapsed() + ms) % COOL_MS) : 0;
    this.#next = this.#timers.add(ms + late, () => void this.#look());
  }

  async #look(): Promise<void> {
    this.#next = undefined;
    const ran = this.#thread.ranMs ?? Number.POSITIVE_INFINITY;
    const found = { busyForMs: this.#thread.busyForMs, ranMs: ran - this.#ranMs, share: this.#share };
    if (isMeasured(found, this.#clock.elapsed() - this.#measuredAt)) await this.#measure();
    this.#plan(nextLook({ ...found, share: this.#share }, this.#intervalMs));
  }

  async #measure(): Promise<void> {
    this.#measuring = true;
    this.#ranMs = this.#thread.ranMs ?? 0;
    const heap = await this.#thread.heap();
    this.#measuring = false;
    // Without an answer it is in a native call: nothing is known of it.
    if (heap === undefined || this.#stopped) return;
    const now = this.#clock.elapsed();
    this.#measuredAt = now;
    this.#held = heap;
    this.#overSince = this.#share > 1 ? (this.#overSince ?? now) : undefined;
    const overForMs = this.#overSince === undefined ? undefined : now - this.#overSince;
    if (isOverLimit({ bytes: this.bytes, overForMs }, this.#limit)) {
      this.stop();
      this.#thread.exceeded(new HeapExceeded(heap, this.#limit));
    } else if (this.#share <= 1) {
      this.#below?.resolve();
      this.#below = undefined;
    }
  }
}
