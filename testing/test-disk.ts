import { MemoryLevel } from 'memory-level';
import type { Clock } from '../core/clock.ts';
import { Database } from '../storage/database.ts';
import { LevelStore } from '../storage/level-store.ts';
import type { Store } from '../storage/store.ts';

/** A write as the database hands it to the disk. */
type Write = (...args: unknown[]) => Promise<void>;

/** The disk of a {@link TestHost}: memory, which can be slow, or full, as a disk is. What is on it outlives the host. */
export class TestDisk {
  readonly #level = new MemoryLevel<Buffer, Buffer>({ keyEncoding: 'buffer', valueEncoding: 'buffer' });
  readonly #clock: Clock;
  #full = false;
  #slowMs = 0;
  #held: PromiseWithResolvers<void> | undefined;
  #waiting = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    const level = this.#level as unknown as Record<'_put' | '_batch', Write>;
    for (const method of ['_put', '_batch'] as const) {
      const write = level[method].bind(level);
      level[method] = async (...args) => {
        await this.#delay();
        if (this.#full) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
        return write(...args);
      };
    }
  }

  /** Writes that wait, for {@link release} or because the disk is slow. Agents share writes: one may be of many turns. */
  get waiting(): number {
    return this.#waiting;
  }

  /** It is full: from now on writes fail, until {@link free}. Callers get `ERR_DROWSE_STORE_FAILED`. */
  fill(): void {
    this.#full = true;
  }

  free(): void {
    this.#full = false;
  }

  /** From now on a write takes so many milliseconds, of the host's clock; 0 for none. */
  slow(ms: number): void {
    this.#slowMs = ms;
  }

  /** From now on writes wait, until {@link release}. */
  hold(): void {
    this.#held ??= Promise.withResolvers();
  }

  release(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  /** The store on it, as a process that starts finds it. One at a time. */
  async open(): Promise<Store> {
    return new MemoryDiskStore(await Database.on(this.#level), this.#clock);
  }

  async #delay(): Promise<void> {
    if (this.#held === undefined && this.#slowMs === 0) return;
    this.#waiting += 1;
    if (this.#slowMs > 0) await new Promise<void>((resolve) => this.#clock.after(this.#slowMs, resolve));
    while (this.#held) await this.#held.promise;
    this.#waiting -= 1;
  }
}

class MemoryDiskStore extends LevelStore {
  constructor(database: Database, clock: Clock) {
    super(database, clock);
  }
}
