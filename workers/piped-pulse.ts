import { writeSync } from 'node:fs';
import { Pulse } from './pulse.ts';

/**
 * The pulse of a process: each change writes all four numbers to a pipe, at once, so that they can be read there though the
 * process goes on to block or die.
 */
export class PipedPulse extends Pulse {
  readonly #pipe: number;
  readonly #bytes = new Uint8Array(this.buffer);

  /** `pipe` is a file descriptor. */
  constructor(pipe: number) {
    super();
    this.#pipe = pipe;
  }

  override beat(): void {
    super.beat();
    this.#write();
  }

  override begin(number: number): void {
    super.begin(number);
    this.#write();
  }

  override end(number: number): void {
    super.end(number);
    this.#write();
  }

  #write(): void {
    writeSync(this.#pipe, this.#bytes);
  }
}
