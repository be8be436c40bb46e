import type { DrowseError } from '../../core/errors.ts';
import type { Delivery } from '../messages/delivery.ts';

/** How many messages a thread holds at once: enough that it never waits for the next, few enough to hand back cheaply. */
const ROOM = 32;

interface Place {
  readonly number: number;
  readonly delivery: Delivery;
}

/** The messages in a thread, the oldest first, under the numbers they have there. */
export class Window {
  /** A list, and no Map: with so few in it that takes a microsecond less a message. */
  readonly #places: Place[] = [];
  #last = 0;

  get size(): number {
    return this.#places.length;
  }

  get hasRoom(): boolean {
    return this.#places.length < ROOM;
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
    const deliveries = this.#places
      .map(({ delivery }) => delivery)
      .filter(({ cancelled }) => cancelled === undefined)
      .reverse();
    for (const delivery of deliveries) {
      delivery.spared = true;
      delivery.cancelled = why;
    }
    return deliveries;
  }

  add(delivery: Delivery): number {
    this.#last += 1;
    this.#places.push({ number: this.#last, delivery });
    return this.#last;
  }

  get(number: number): Delivery | undefined {
    return this.#places.find((place) => place.number === number)?.delivery;
  }

  /** Takes out the message of that number. */
  take(number: number): Delivery | undefined {
    const index = this.#places.findIndex((place) => place.number === number);
    return index === -1 ? undefined : this.#places.splice(index, 1)[0]?.delivery;
  }

  numberOf(delivery: Delivery): number | undefined {
    return this.#places.find((place) => place.delivery === delivery)?.number;
  }

  /**
   * The thread is gone: rejects what is in it, but for sends whose turns never began, which it returns. `begun` is the number
   * of the last that did; `spared` says that no message is to blame. What somebody reads is rejected by `later`.
   */
  close(begun: number, cause: Error, spared: boolean, later: (reject: () => void) => void): Delivery[] {
    const unbegun: Delivery[] = [];
    for (const { number, delivery } of this.#places.splice(0)) {
      const began = number <= begun;
      if (delivery.durable && (!began || spared)) delivery.spare(cause);
      else if (!began && !delivery.cancelled) unbegun.push(delivery);
      else if (delivery.reader) later(() => delivery.reject(delivery.cancelled ?? cause));
      else delivery.reject(delivery.cancelled ?? cause);
    }
    return unbegun;
  }
}
