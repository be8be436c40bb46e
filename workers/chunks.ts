import { type Packed, sizeOf } from '../core/codec.ts';
import { Credit } from '../core/credit.ts';
import { packOutward } from './outward.ts';

export interface ChunksOptions {
  /** Hands one out. Undefined where nobody reads them. */
  readonly post: ((chunk: Packed) => void) | undefined;
  /** Throws where one is too large. */
  readonly check: (chunk: Packed) => void;
  /** Whether the turn was cancelled. */
  readonly isCancelled: () => boolean;
}

/** What one turn yields, on its way to who reads it. */
export class Chunks {
  readonly #options: ChunksOptions;
  readonly #credit = new Credit();

  constructor(options: ChunksOptions) {
    this.#options = options;
  }

  read(count: number): void {
    this.#credit.read(count);
  }

  /** The turn was cancelled: waits for no reader. */
  stop(): void {
    this.#credit.stop();
  }

  /**
   * Runs a turn that yields; resolves with what it returns, or with nothing once it is cancelled. Its `finally` blocks have run by then.
   */
  async drain<Reply>(generator: AsyncIterator<unknown, Reply, undefined>): Promise<Reply | undefined> {
    try {
      for (;;) {
        const { done, value } = await generator.next();
        if (done) return value;
        if (!this.#options.isCancelled()) await this.#say(value);
        if (this.#options.isCancelled()) return undefined;
      }
    } finally {
      // Of one that has ended or thrown, this does nothing.
      await generator.return?.();
    }
  }

  #say(value: unknown): Promise<void> | undefined {
    const { post, check } = this.#options;
    if (post === undefined) return undefined;
    const chunk = packOutward(value, 'chunk');
    check(chunk);
    this.#credit.spend(sizeOf(chunk));
    post(chunk);
    return this.#credit.room;
  }
}

/** Whether a handler has returned the generator that a turn is to be run from. */
export function isGenerator(returned: unknown): returned is AsyncIterator<unknown, unknown, undefined> {
  return typeof returned === 'object' && returned !== null && Symbol.asyncIterator in returned && 'next' in returned;
}
