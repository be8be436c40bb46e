import type { HangGuard } from './hang-guard.ts';
import type { HeapGuard } from './heap-guard.ts';
import { Isolate, type IsolateOptions } from './isolate.ts';

/** The isolates that exist, zombies among them. */
export class Isolates {
  /** Each with the name of its agent. */
  readonly #isolates = new Map<Isolate, string>();
  readonly #heaps: HeapGuard;
  readonly #hangs: HangGuard;
  readonly #onThreadEnded: () => void;

  constructor(guards: { heaps: HeapGuard; hangs: HangGuard }, onThreadEnded: () => void) {
    this.#heaps = guards.heaps;
    this.#hangs = guards.hangs;
    this.#onThreadEnded = onThreadEnded;
  }

  spawn(options: IsolateOptions): Isolate {
    const isolate = new Isolate(options);
    this.#isolates.set(isolate, options.name);
    const watch = this.#heaps.watch(isolate, options.maxHeapBytes);
    isolate.watch = watch;
    this.#hangs.watch(isolate);
    void isolate.ended.then(() => {
      watch.stop();
      this.#hangs.unwatch(isolate);
    });
    void isolate.exited.then(() => {
      this.#isolates.delete(isolate);
      if (isolate.kind === 'thread') this.#onThreadEnded();
    });
    return isolate;
  }

  get threads(): number {
    return this.#count('thread');
  }

  get processes(): number {
    return this.#count('process');
  }

  /** Isolates that were given up but still run: they are blocked in a native call, and gone once that returns. */
  get zombies(): { agentId: string; since: number }[] {
    return [...this.#isolates].flatMap(([{ zombieSince: since }, agentId]) =>
      since === undefined ? [] : [{ agentId, since }],
    );
  }

  #count(kind: Isolate['kind']): number {
    let count = 0;
    for (const isolate of this.#isolates.keys()) if (isolate.kind === kind) count += 1;
    return count;
  }
}
