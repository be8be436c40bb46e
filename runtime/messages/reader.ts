import type { Packed } from '../../core/codec.ts';

/** Who reads what the turn of a message yields. */
export class Reader {
  readonly #push: (chunk: Packed) => void;
  #tell = (_count: number): void => {};
  #unread = 0;
  #ended = false;

  constructor(push: (chunk: Packed) => void) {
    this.#push = push;
  }

  /** What yields is at work: `tell` is to be told how many more chunks were read. */
  open(tell: (count: number) => void): void {
    this.#tell = tell;
  }

  push(chunk: Packed): void {
    if (this.#ended) return this.#tell(1);
    this.#unread += 1;
    this.#push(chunk);
  }

  /** So many more were read. */
  read(count: number): void {
    if (this.#ended) return;
    this.#unread -= count;
    this.#tell(count);
  }

  /** Nobody reads any more. Where others wait for the same turn, it goes on as if all were read. */
  end(): void {
    this.#ended = true;
    this.#tell(this.#unread);
  }
}
