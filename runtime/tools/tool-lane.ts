import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { asError, DrowseError } from '../../core/errors.ts';
import type { Timers } from '../../core/timers.ts';
import { within } from '../../core/within.ts';
import { Pulse } from '../../workers/pulse.ts';
import type { Described, ToolBoot, ToolTask } from '../../workers/tool-protocol.ts';
import { compileCache } from '../isolates/compile-cache.ts';
import type { HangGuard } from '../isolates/hang-guard.ts';
import type { HeapGuard } from '../isolates/heap-guard.ts';
import { hardLimits } from '../isolates/thread-facts.ts';
import type { Output } from '../output.ts';
import type { Settings } from '../settings.ts';
import type { ToolCall } from './tool-call.ts';
import type { ToolSettings } from './tool-settings.ts';
import { ToolThread } from './tool-thread.ts';

// From sources and from dist/ alike.
const ENTRY = fileURLToPath(new URL(`../../workers/tool-entry${extname(import.meta.filename)}`, import.meta.url));

/** How long threads may take to end as the host closes; one in a native call takes longer. */
const CLOSE_MS = 2_000;

/** What the lanes of one pool have in common. */
export interface LaneServices {
  readonly tools: ToolSettings;
  readonly settings: Settings;
  readonly timers: Timers;
  readonly heaps: HeapGuard;
  readonly hangs: HangGuard;
  readonly output: Output;
  readonly Piscina: typeof Piscina;
}

export interface LaneOptions {
  /** What its calls are, in words. */
  readonly calls: string;
  readonly threads: number;
  /** How many calls run in one thread at a time. */
  readonly callsPerThread: number;
  /** How long a thread without calls is kept, in milliseconds. */
  readonly idleTimeoutMs: number;
}

/**
 * Runs calls of one sort in threads of Piscina's: as many at a time as those take, and the others in the order in which they came. The
 * queue is here, and not Piscina's: that one does not count tasks that have a signal, and stands still where it loses its last thread.
 */
export class ToolLane {
  readonly #services: LaneServices;
  readonly #options: LaneOptions;
  readonly #slots: number;
  /** Calls share a thread: it has a pulse, and is ended for none of them. */
  readonly #isShared: boolean;
  readonly #waiting = new Set<ToolCall>();
  readonly #running = new Set<ToolCall>();
  readonly #threads = new Map<Worker, ToolThread>();
  #pool: Piscina | undefined;
  #pulse = new Pulse();
  /** What the last pool was given up for. */
  #lost: Error | undefined;
  #busySince: number | undefined;

  constructor(services: LaneServices, options: LaneOptions) {
    this.#services = services;
    this.#options = options;
    this.#slots = options.threads * options.callsPerThread;
    this.#isShared = options.callsPerThread > 1;
  }

  /** Threads that exist. */
  get threads(): Iterable<ToolThread> {
    return this.#threads.values();
  }

  get running(): number {
    return this.#running.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Has a thread load the module and say what is in it. */
  async describe(): Promise<Described> {
    try {
      return await this.#give<Described>('describe');
    } catch (error) {
      throw this.#lost ?? error;
    }
  }

  /** Throws `ERR_DROWSE_OVERLOADED`. */
  take(call: ToolCall): void {
    const { maxQueue } = this.#services.tools;
    if (this.#running.size >= this.#slots && this.#waiting.size >= maxQueue) {
      const text = `${maxQueue} calls of ${this.#options.calls} tools wait for a thread already; tools.maxQueue allows no more. Tool ${call.tool} was not called.`;
      throw new DrowseError('ERR_DROWSE_OVERLOADED', text);
    }
    this.#waiting.add(call);
    this.#next();
  }

  /** Nobody waits for a call any more. */
  cancel(call: ToolCall): void {
    call.cancel();
    if (this.#waiting.delete(call) || this.#isShared) return;
    const { timers, settings } = this.#services;
    void timers.during(settings.abortGraceMs, call.over, () => call.killing.abort());
  }

  /** Ends all threads; their calls fail with that. */
  async close(why: Error): Promise<void> {
    for (const call of [...this.#waiting, ...this.#running]) call.fail(why);
    this.#waiting.clear();
    for (const thread of this.#threads.values()) thread.terminate();
    await within(CLOSE_MS, Promise.all(Array.from(this.#threads.keys(), exit)));
  }

  #next(): void {
    for (const call of this.#waiting) {
      if (this.#running.size >= this.#slots) return;
      this.#waiting.delete(call);
      void this.#run(call);
    }
  }

  async #run(call: ToolCall): Promise<void> {
    this.#busySince ??= Date.now();
    this.#running.add(call);
    // Whichever of them it gets.
    for (const { watch } of this.#threads.values()) watch?.heat();
    try {
      // With a signal, Piscina gives a task a thread of its own, and ends that where it is aborted.
      await this.#give('run', call.begin(), this.#isShared ? null : call.killing.signal);
      call.conclude();
    } catch (error) {
      call.conclude(asError(error));
    }
    this.#running.delete(call);
    if (this.#running.size === 0) this.#busySince = undefined;
    this.#next();
  }

  #give<Result>(name: string, task?: ToolTask, signal: AbortSignal | null = null): Promise<Result> {
    const pool = this.#open();
    try {
      // @ts-expect-error: its type of the list is that of another overload
      const given: Promise<Result> = pool.run(task, { name, transferList: task ? [task.port] : [], signal });
      return given;
    } catch (error) {
      // The system gives no more threads. Piscina keeps the task, and a promise that nobody has: rejected, it would end the host.
      this.#pool = undefined;
      throw error;
    } finally {
      this.#adopt(pool);
    }
  }

  /** Gives up what some calls run in, so that they fail with that. */
  #giveUp(calls: Iterable<ToolCall>, why: Error): void {
    for (const call of calls) {
      call.endedBy ??= why;
      call.killing.abort();
    }
    if (this.#isShared) this.#replace(why);
  }

  /** Does without the pool and its threads, whether they end or not; the next call gets new ones. */
  #replace(why: Error): void {
    const pool = this.#pool;
    this.#lost = why;
    this.#pool = undefined;
    void pool?.destroy();
  }

  #open(): Piscina {
    if (this.#pool) return this.#pool;
    const { Piscina, tools, settings } = this.#services;
    const { module, env, maxHeapBytes } = tools;
    const { maxMessageBytes, heartbeatIntervalMs, startTimeoutMs } = settings;
    this.#pulse = new Pulse();
    const pulse = this.#isShared ? this.#pulse.buffer : undefined;
    const pool = new Piscina({
      filename: ENTRY,
      minThreads: 0,
      maxThreads: this.#options.threads,
      concurrentTasksPerWorker: this.#options.callsPerThread,
      idleTimeout: this.#options.idleTimeoutMs,
      // Otherwise a thread without tasks sleeps, and with it whatever it would do by itself.
      atomics: 'disabled',
      recordTiming: false,
      execArgv: [],
      env: { ...compileCache(), ...env },
      resourceLimits: hardLimits(maxHeapBytes),
      workerData: { module, maxMessageBytes, pulse, heartbeatIntervalMs, startTimeoutMs } satisfies ToolBoot,
    });
    // A thread that fails without calls: they are told of it otherwise.
    pool.on('error', (err) => settings.log.warn({ tools: true, err }, 'a thread of the tools ended'));
    pool.on('workerCreate', () => this.#adopt(pool));
    this.#pool = pool;
    return pool;
  }

  /** Watches over threads that Piscina has made: before they are told to load anything. */
  #adopt(pool: Piscina): void {
    for (const worker of pool.threads) if (!this.#threads.has(worker)) this.#watch(worker, pool);
  }

  #watch(worker: Worker, pool: Piscina): void {
    const { tools, heaps, hangs, output } = this.#services;
    this.#pulse.clear();
    const thread: ToolThread = new ToolThread(worker, {
      pulse: this.#pulse,
      busySince: () => this.#busySince,
      end: (why) => this.#end(thread, pool, why),
    });
    this.#threads.set(worker, thread);
    const watch = heaps.watch(thread, tools.maxHeapBytes);
    thread.watch = watch;
    if (this.#isShared) hangs.watch(thread);
    for (const name of ['stdout', 'stderr'] as const) {
      const stream = worker[name].setEncoding('utf8').on('data', (text: string) => output.take(name, text));
      // Node has connected it to the host's own.
      stream.unpipe();
      stream.resume();
    }
    let how: Error | undefined;
    worker.once('error', (error) => {
      how = asError(error);
    });
    worker.once('exit', (code) => {
      this.#threads.delete(worker);
      watch.stop();
      hangs.unwatch(thread);
      // Once Piscina has told the calls that it knows to be in it.
      setImmediate(() => this.#strand(pool, how ?? new Error(`it ended with exit code ${code} as it began`)));
    });
  }

  /** A thread that ended as it began had no calls yet: Piscina starts none for what waits for it. */
  #strand(pool: Piscina, how: Error): void {
    if (this.#pool !== pool || pool.threads.length > 0) return;
    this.#giveUp(
      [...this.#running].filter(({ threadId }) => threadId === undefined),
      how,
    );
  }

  #end(thread: ToolThread, pool: Piscina, why: Error): void {
    if (!this.#isShared) {
      const calls = [...this.#running].filter(({ threadId }) => threadId === thread.id);
      this.#giveUp(calls, why);
    } else if (this.#pool === pool) this.#giveUp(this.#running, why);
    thread.terminate();
  }
}

/** Not by `once` of node:events: that rejects where the thread ends with an error. */
function exit(worker: Worker): Promise<void> {
  return new Promise((resolve) => worker.once('exit', () => resolve()));
}
