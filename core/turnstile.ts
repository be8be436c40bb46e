/** Lets a number of those who come be inside at a time; the others wait, the first to come first. */
export class Turnstile {
  #room: number;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#room = limit;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves once inside; undefined where that is at once. Whoever is inside calls {@link leave} once. */
  enter(): Promise<void> | undefined {
    if (this.#room > 0) {
      this.#room -= 1;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#room += 1;
  }

  /** Lets in all who wait, and whoever comes from now on. */
  open(): void {
    this.#room = Number.POSITIVE_INFINITY;
    for (const enter of this.#waiting.splice(0)) enter();
  }
}
