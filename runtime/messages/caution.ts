/**
 * Lets messages that were running as the host ended begin one at a time, over all agents: one of them may be what ended it,
 * and must not take the others along again.
 */
export class Caution {
  #holder: object | undefined;
  readonly #waiting = new Set<() => void>();

  /** Whether the owner may begin; if not, `retry` is called once it may ask again. */
  take(owner: object, retry: () => void): boolean {
    if (this.#holder === undefined || this.#holder === owner) {
      this.#holder = owner;
      return true;
    }
    this.#waiting.add(retry);
    return false;
  }

  /** Harmless for one that holds nothing. */
  release(owner: object): void {
    if (this.#holder !== owner) return;
    this.#holder = undefined;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const retry of waiting) queueMicrotask(retry);
  }
}
