import { within } from '../../core/within.ts';

/** How long the others wait for the first: one that takes longer has something else to do. */
const PATIENCE_MS = 2_000;

/**
 * Lets one worker load a module before all others do, where that takes a compiler: what it has compiled is there for them, and
 * they need none, which would take 8 MB of each.
 */
export class FirstLoads {
  readonly #loads = new Map<string, Promise<unknown>>();

  /** Loads the module, where nobody has done so yet; else waits for that where it is worth the wait. Rejects as `load` does. */
  async pass(module: string, load: () => Promise<unknown>): Promise<void> {
    const first = this.#loads.get(module);
    if (first === undefined) {
      const loaded = load();
      // What has failed, or was cut off, is left to the next.
      const over = loaded.catch(() => this.#loads.delete(module));
      this.#loads.set(module, over);
      await loaded;
    } else if (/\.[cm]?tsx?$/.test(module)) await within(PATIENCE_MS, first);
  }
}
