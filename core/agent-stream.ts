import { decode, type Packed, sizeOf } from './codec.ts';
import { Receipts } from './credit.ts';

/**
 * The chunks of one turn as it yields them, and its reply. Chunks come in order, to one reader; the turn waits for a reader that is 64
 * chunks, or 1 MiB, behind. Leaving the loop early cancels the turn. A turn that fails throws its error out of the loop, behind
 * the chunks that it had yielded, and rejects `reply` with it. `yield*` passes the chunks on, and comes to the reply.
 */
export interface AgentStream<Chunk = unknown, Reply = unknown> extends AsyncIterable<Chunk, Reply, void> {
  /**
   * What the turn returned, once that is durable. It comes after the last chunk: where nobody reads those, it comes only if all of them
   * are less than the turn may be ahead. Nobody has to handle its rejection.
   */
  readonly reply: Promise<Reply>;
}

export interface StreamSource {
  /** So many more chunks were read. */
  readonly read: (count: number) => void;
  /** Nobody reads any more, nor what is unread: cancels what makes the chunks. */
  readonly leave: () => void;
}

/** The reader's end of a stream. */
export class IncomingStream<Chunk, Reply> implements AgentStream<Chunk, Reply>, AsyncIterator<Chunk, Reply, void> {
  readonly reply: Promise<Reply>;
  readonly #source: StreamSource;
  readonly #receipts: Receipts;
  readonly #unread: Packed[] = [];
  /** Resolved when there may be something for who waits in {@link next}. */
  #news = Promise.withResolvers<void>();
  #over: { readonly reply?: Reply; readonly error?: unknown } | undefined;

  /** `reply` settles after the last chunk was pushed. */
  constructor(source: StreamSource, reply: Promise<Reply>) {
    this.#source = source;
    this.#receipts = new Receipts(source.read);
    this.reply = reply;
    reply.then(
      (value) => this.#end({ reply: value }),
      (error: unknown) => this.#end({ error }),
    );
  }

  /** Takes a chunk. */
  push(chunk: Packed): void {
    if (this.#over) return;
    this.#unread.push(chunk);
    this.#wake();
  }

  [Symbol.asyncIterator](): AsyncIterator<Chunk, Reply, void> {
    return this;
  }

  async next(): Promise<IteratorResult<Chunk, Reply>> {
    for (;;) {
      const chunk = this.#unread.shift();
      if (chunk !== undefined) {
        this.#receipts.add(sizeOf(chunk));
        return { done: false, value: this.#decoded(chunk) };
      }
      if (this.#over) {
        const { reply, error } = this.#over;
        // Once: an iterator that has thrown is done.
        this.#over = {};
        if (error !== undefined) throw error;
        return { done: true, value: reply as Reply };
      }
      await this.#news.promise;
    }
  }

  async return(): Promise<IteratorResult<Chunk, Reply>> {
    if (this.#over === undefined) this.#source.leave();
    this.#over = {};
    this.#unread.length = 0;
    this.#wake();
    return { done: true, value: undefined as Reply };
  }

  /** One that is nested too deeply for this thread's stack ends the loop, and with it the turn. */
  #decoded(chunk: Packed): Chunk {
    try {
      return decode(chunk) as Chunk;
    } catch (error) {
      void this.return();
      throw error;
    }
  }

  #end(how: { readonly reply?: Reply; readonly error?: unknown }): void {
    this.#over ??= how;
    this.#wake();
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}
