/** How far a stream may run ahead of its reader. */
const MAX_UNREAD = 64;
const MAX_UNREAD_BYTES = 2 ** 20;

/** Of how much that was read the source is told at once: a part of what it may be ahead, so that it never waits for news it could have. */
const TOLD_AT = MAX_UNREAD / 4;
const TOLD_AT_BYTES = MAX_UNREAD_BYTES / 4;

/** At the source of a stream: how much of what has left is unread. A single chunk may be larger than all that may be. */
export class Credit {
  readonly #sizes: number[] = [];
  #bytes = 0;
  #room: PromiseWithResolvers<void> | undefined;

  /** Resolves once another chunk may leave; undefined where that is now. */
  get room(): Promise<void> | undefined {
    return this.#room?.promise;
  }

  /** A chunk leaves. */
  spend(bytes: number): void {
    this.#sizes.push(bytes);
    this.#bytes += bytes;
    if (this.#isSpent) this.#room ??= Promise.withResolvers();
  }

  /** The oldest so many were read. */
  read(count: number): void {
    for (const bytes of this.#sizes.splice(0, count)) this.#bytes -= bytes;
    if (!this.#isSpent) this.stop();
  }

  /** Lets whoever waits go on. */
  stop(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  get #isSpent(): boolean {
    return this.#sizes.length >= MAX_UNREAD || this.#bytes >= MAX_UNREAD_BYTES;
  }
}

/** At the reader of a stream: of what it has read, how much its source was not told. */
export class Receipts {
  #count = 0;
  #bytes = 0;
  readonly #tell: (count: number) => void;

  constructor(tell: (count: number) => void) {
    this.#tell = tell;
  }

  /** A chunk was read. */
  add(bytes: number): void {
    this.#count += 1;
    this.#bytes += bytes;
    if (this.#count < TOLD_AT && this.#bytes < TOLD_AT_BYTES) return;
    this.#tell(this.#count);
    this.#count = 0;
    this.#bytes = 0;
  }
}
