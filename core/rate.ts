/** How often something happens, of late. */
export class Rate {
  readonly #windowMs: number;
  #count = 0;
  #at = Number.NEGATIVE_INFINITY;

  /** What is longer ago than `windowMs` hardly counts any more. */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** When it happened last; minus infinity where it never did. */
  get last(): number {
    return this.#at;
  }

  /** It happens now. */
  mark(now: number): void {
    this.#count = this.#left(now) + 1;
    this.#at = now;
  }

  perSecond(now: number): number {
    return (this.#left(now) * 1_000) / this.#windowMs;
  }

  #left(now: number): number {
    return this.#count * Math.exp((this.#at - now) / this.#windowMs);
  }
}
