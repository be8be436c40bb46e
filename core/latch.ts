/** A promise to be kept or broken from outside, again and again, that nobody has to wait for. */
export class Latch {
  #current = waiting();

  /** Settles the next time the latch is opened or broken, or at once where it is open. */
  get promise(): Promise<void> {
    return this.#current.promise;
  }

  /** Lets everybody through, those who come later too, until it is reset. */
  open(): void {
    this.#current.resolve();
  }

  /** Turns away those who wait now. */
  break(cause: Error): void {
    this.#current.reject(cause);
    this.reset();
  }

  reset(): void {
    this.#current = waiting();
  }
}

function waiting(): PromiseWithResolvers<void> {
  const current = Promise.withResolvers<void>();
  current.promise.catch(() => {});
  return current;
}
