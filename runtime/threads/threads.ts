import type { HangGuard } from './hang-guard.ts';
import type { HeapGuard } from './heap-guard.ts';
import { Thread, type ThreadOptions } from './thread.ts';

/** The threads that exist, zombies among them. */
export class Threads {
  readonly #threads = new Set<Thread>();
  readonly #heaps: HeapGuard;
  readonly #hangs: HangGuard;
  readonly #onEnded: () => void;

  constructor(guards: { heaps: HeapGuard; hangs: HangGuard }, onEnded: () => void) {
    this.#heaps = guards.heaps;
    this.#hangs = guards.hangs;
    this.#onEnded = onEnded;
  }

  spawn(options: ThreadOptions): Thread {
    const thread = new Thread(options);
    this.#threads.add(thread);
    const watch = this.#heaps.watch(thread, options.maxHeapBytes);
    thread.watch = watch;
    this.#hangs.watch(thread);
    void thread.ended.then(() => {
      watch.stop();
      this.#hangs.unwatch(thread);
    });
    void thread.exited.then(() => {
      this.#threads.delete(thread);
      this.#onEnded();
    });
    return thread;
  }

  get size(): number {
    return this.#threads.size;
  }

  /** Threads that were given up but still run, blocked in a native call. */
  get zombies(): number {
    let zombies = 0;
    for (const thread of this.#threads) if (thread.zombie) zombies += 1;
    return zombies;
  }
}
