import { DrowseError } from '../../core/errors.ts';
import type { Delivery } from './delivery.ts';

/** What a message takes beside its body: measured, some 900 bytes. */
const OVERHEAD_BYTES = 1_024;

/** The memory that sends take which wait or run, over all agents of a supervisor. */
export class MessageLoad {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Counts a message until it is settled. Throws `ERR_DROWSE_OVERLOADED` where there is no room for it. */
  admit(delivery: Delivery): void {
    const bytes = delivery.body.length + OVERHEAD_BYTES;
    if (this.#bytes + bytes > this.#maxBytes) {
      const text = `The messages that wait hold ${this.#bytes} bytes already; mailboxTotalMb allows ${this.#maxBytes}. Send again later.`;
      throw new DrowseError('ERR_DROWSE_OVERLOADED', text);
    }
    this.#bytes += bytes;
    delivery.onSettled(() => {
      this.#bytes -= bytes;
    });
  }
}
