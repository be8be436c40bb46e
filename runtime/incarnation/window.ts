import type { DrowseError } from '../../core/errors.ts';
import type { Delivery } from '../messages/delivery.ts';

/** How many messages a thread holds at once: enough that it never waits for the next, few enough to hand back cheaply. */
const ROOM = 32;

/** The messages in a thread, the oldest first, under the numbers they have there. */
export class Window {
  readonly #deliveries = new Map<number, Delivery>();
  #last = 0;

  get size(): number {
    return this.#deliveries.size;
  }

  get hasRoom(): boolean {
    return this.#deliveries.size < ROOM;
  }

  /** The number of the newest that was ever in it. */
  get last(): number {
    return this.#last;
  }

  /**
   * Marks what is not cancelled yet as cancelled, for a reason that lies elsewhere. Returns that, the newest first: with the running
   * turn cancelled before them, the ones behind it would begin.
   */
  condemn(why: DrowseError): Delivery[] {
    const deliveries = [...this.#deliveries.values()].filter(({ cancelled }) => cancelled === undefined).reverse();
    for (const delivery of deliveries) {
      delivery.spared = true;
      delivery.cancelled = why;
    }
    return deliveries;
  }

  add(delivery: Delivery): number {
    this.#last += 1;
    this.#deliveries.set(this.#last, delivery);
    return this.#last;
  }

  get(number: number): Delivery | undefined {
    return this.#deliveries.get(number);
  }

  /** Takes out the message of that number. */
  take(number: number): Delivery | undefined {
    const delivery = this.#deliveries.get(number);
    this.#deliveries.delete(number);
    return delivery;
  }

  numberOf(delivery: Delivery): number | undefined {
    for (const [number, candidate] of this.#deliveries) if (candidate === delivery) return number;
    return undefined;
  }

  /**
   * The thread is gone: rejects what is in it, but for sends whose turns never began, which it returns. `begun` is the number
   * of the last that did; `spared` says that no message is to blame.
   */
  close(begun: number, cause: Error, spared: boolean): Delivery[] {
    const unbegun: Delivery[] = [];
    for (const [number, delivery] of this.#deliveries) {
      const began = number <= begun;
      if (delivery.durable && (!began || spared)) delivery.spare(cause);
      else if (!began && !delivery.cancelled) unbegun.push(delivery);
      else delivery.reject(delivery.cancelled ?? cause);
    }
    this.#deliveries.clear();
    return unbegun;
  }
}
