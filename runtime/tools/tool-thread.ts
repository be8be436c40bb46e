import type { Worker } from 'node:worker_threads';
import type { Pulse } from '../../workers/pulse.ts';
import type { Memory } from '../isolates/carrier.ts';
import type { Beating } from '../isolates/hang-guard.ts';
import type { Guarded, HeapExceeded, HeapWatch } from '../isolates/heap-guard.ts';
import { Hung } from '../isolates/hung.ts';
import { memoryOf, ranMs, whereaboutsOf } from '../isolates/thread-facts.ts';
import type { Holder } from '../memory/holder.ts';

export interface ToolThreadOptions {
  readonly pulse: Pulse;
  /** Since when calls run in its pool, in milliseconds since 1970; undefined while there are none. */
  readonly busySince: () => number | undefined;
  /** Called with why it has to be ended. */
  readonly end: (why: Error) => void;
}

/** A thread of the tools' pools, as the guards see it. */
export class ToolThread implements Guarded, Beating, Holder {
  readonly kind = 'thread';
  readonly pid = undefined;
  /** The watch over its memory. */
  watch: Pick<HeapWatch, 'bytes' | 'heat' | 'excess'> | undefined;
  readonly id: number;
  readonly pulse: Pulse;
  readonly #worker: Worker;
  readonly #options: ToolThreadOptions;

  constructor(worker: Worker, options: ToolThreadOptions) {
    // One that has exited has no id any more.
    this.id = worker.threadId;
    this.pulse = options.pulse;
    this.#worker = worker;
    this.#options = options;
  }

  get busyForMs(): number | undefined {
    const since = this.#options.busySince();
    return since === undefined ? undefined : Date.now() - since;
  }

  lastBeat(): number {
    return this.pulse.lastBeat;
  }

  get ranMs(): number {
    return ranMs(this.#worker);
  }

  get heldBytes(): number {
    return this.watch?.bytes ?? 0;
  }

  heap(): Promise<Memory | undefined> {
    return memoryOf(this.#worker);
  }

  exceeded(error: HeapExceeded): void {
    this.#options.end(error);
  }

  /** As with an agent's thread: one that holds too much may do nothing any more but collect garbage. */
  hung(blockedMs: number): void {
    const end = (where: string) => this.#options.end(this.watch?.excess() ?? new Hung(blockedMs, where));
    void whereaboutsOf(this.#worker).then(end);
  }

  overdue(): void {}

  terminate(): void {
    void this.#worker.terminate();
  }
}
