/** Work that whoever reads the disk next has to wait for. */
export class PendingWrites {
  #newest: Promise<unknown> | undefined;

  /** Resolves once none is under way, however it ended; undefined where none is. */
  get settled(): Promise<unknown> | undefined {
    return this.#newest;
  }

  track<T>(work: Promise<T>): Promise<T> {
    const settled = Promise.allSettled([this.#newest, work]).then(() => {
      if (this.#newest === settled) this.#newest = undefined;
    });
    this.#newest = settled;
    return work;
  }
}
