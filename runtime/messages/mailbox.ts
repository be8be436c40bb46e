import type { Delivery } from './delivery.ts';

/** The messages that wait for an agent, oldest first. */
export class Mailbox {
  #waiting: Delivery[] = [];
  #head = 0;

  get size(): number {
    return this.#waiting.length - this.#head;
  }

  /** The number of the oldest; Infinity where none waits. */
  get firstNumber(): number {
    return this.#waiting[this.#head]?.number ?? Number.POSITIVE_INFINITY;
  }

  push(delivery: Delivery): void {
    this.#waiting.push(delivery);
  }

  /** The oldest, taken out. */
  shift(): Delivery | undefined {
    const delivery = this.#waiting[this.#head];
    if (delivery === undefined) return undefined;
    this.#head += 1;
    // Shifting an array moves it all; cutting off what was taken only now and then costs O(1) a message.
    if (this.#head * 2 > this.#waiting.length) this.#cut();
    return delivery;
  }

  /** Puts back, in front and in their order, messages that were delivered and never begun. */
  unshift(deliveries: readonly Delivery[]): void {
    this.#cut();
    this.#waiting.unshift(...deliveries);
  }

  /** Takes one message out, wherever it stands; false if it does not wait here. */
  withdraw(delivery: Delivery): boolean {
    const index = this.#waiting.indexOf(delivery, this.#head);
    if (index !== -1) this.#waiting.splice(index, 1);
    return index !== -1;
  }

  /** Takes all of them out. */
  drain(): Delivery[] {
    this.#cut();
    return this.#waiting.splice(0);
  }

  #cut(): void {
    this.#waiting.splice(0, this.#head);
    this.#head = 0;
  }
}
