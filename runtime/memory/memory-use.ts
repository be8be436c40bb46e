import type { Holder } from './holder.ts';

/** What a thread takes beside what its code holds, and a process, in bytes: measured, Node 26 on Linux. */
const BESIDE = { thread: 5 * 2 ** 20, process: 10 * 2 ** 20 };

/** What the host takes, its agents' processes included. */
export class MemoryUse {
  readonly #holders: () => Iterable<Holder>;
  readonly #returns: boolean;
  readonly #rss: () => number;
  readonly #baseBytes: number;

  /** `returns`: whether the memory of ended threads goes back to the system. */
  constructor(holders: () => Iterable<Holder>, returns: boolean, rss: () => number = () => process.memoryUsage.rss()) {
    this.#holders = holders;
    this.#returns = returns;
    this.#rss = rss;
    this.#baseBytes = rss();
  }

  /**
   * In bytes: RSS, and what the processes were last measured to hold. Where the memory of ended threads stays with the process, RSS says
   * nothing of what is in use; then it is the sum of what each thread was last measured to hold.
   */
  get bytes(): number {
    const held = { thread: 0, process: 0 };
    for (const { kind, heldBytes } of this.#holders()) held[kind] += BESIDE[kind] + heldBytes;
    const rss = this.#rss();
    return held.process + (this.#returns ? rss : Math.min(rss, this.#baseBytes + held.thread));
  }
}
