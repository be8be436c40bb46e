import type { Packed } from '../../core/codec.ts';
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

  /** Throws `ERR_DROWSE_OVERLOADED` where there is no room for a message. */
  mustHaveRoom(body: Packed): void {
    if (this.#bytes + takes(body) <= this.#maxBytes) return;
    const text = `The messages that wait hold ${this.#bytes} bytes already; mailboxTotalMb allows ${this.#maxBytes}. Send again later.`;
    throw new DrowseError('ERR_DROWSE_OVERLOADED', text);
  }

  /** Counts a message until it is settled. */
  add(delivery: Delivery): void {
    const bytes = takes(delivery.body);
    this.#bytes += bytes;
    delivery.onSettled(() => {
      this.#bytes -= bytes;
    });
  }
}

function takes(body: Packed): number {
  return body.length + OVERHEAD_BYTES;
}
