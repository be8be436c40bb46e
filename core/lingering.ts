import { getBuiltinModule } from 'node:process';

/** What has to be let go in all before a thread is held up for it. */
const WORTH_BYTES = 2 ** 20;
/** How long after: what is let go together is collected once, and no two of many threads at the same time. */
const AFTER_MS = 1_000;
const SPREAD_MS = 4_000;
/** After so long it is collected, unless the thread was busy. */
export const LINGERS_MS = AFTER_MS + SPREAD_MS;

/**
 * What a thread has let go, or holds weakly, and V8 does not collect: a thread with nothing to do makes no garbage that would remind
 * it, and shared memory is counted for no thread. Here it is collected once the thread has let it alone for some seconds, at 20 ms of
 * processor time for an agent.
 */
export class Lingering {
  readonly #busy: () => boolean;
  #bytes = 0;
  #used = false;
  #planned = false;

  /** While it is `busy`, the thread may still use what it let go. */
  constructor(busy: () => boolean = () => false) {
    this.#busy = busy;
  }

  /** Returns whether all that was let go will be collected: a little is not worth it. */
  add(bytes: number): boolean {
    this.#bytes += bytes;
    const isWorth = this.#bytes >= WORTH_BYTES;
    if (isWorth) this.#plan();
    return isWorth;
  }

  /** What is held weakly was asked for again: it is left for some seconds more. */
  use(): void {
    this.#used = true;
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    setTimeout(() => this.#look(), AFTER_MS + Math.random() * SPREAD_MS).unref();
  }

  #look(): void {
    this.#planned = false;
    const busy = this.#busy() || this.#used;
    this.#used = false;
    if (busy) return this.#plan();
    this.#bytes = 0;
    collect();
  }
}

/** By way of the inspector: V8's own `gc` is had by a flag of the whole process alone, which many threads cannot set at a time. */
function collect(): void {
  try {
    const { Session } = getBuiltinModule('node:inspector');
    const session = new Session();
    session.connect();
    // It calls back from within itself, where to disconnect would hang.
    session.post('HeapProfiler.collectGarbage', () => setImmediate(() => session.disconnect()));
  } catch {
    // A Node without it, or one that may not use it: V8 collects when it sees fit.
  }
}
