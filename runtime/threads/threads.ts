import type { HangGuard } from './hang-guard.ts';
import type { HeapGuard } from './heap-guard.ts';
import { Thread, type ThreadOptions } from './thread.ts';

/** The threads that exist, zombies among them. */
export class Threads {
  /** Each with the name of its agent. */
  readonly #threads = new Map<Thread, string>();
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
    this.#threads.set(thread, options.name);
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

  /** Threads that were given up but still run: they are blocked in a native call, and gone once that returns. */
  get zombies(): { agentId: string; since: number }[] {
    return [...this.#threads].flatMap(([{ zombieSince: since }, agentId]) =>
      since === undefined ? [] : [{ agentId, since }],
    );
  }
}
