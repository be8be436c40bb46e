import { extname } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import {
  MessageChannel,
  type MessagePort,
  type ResourceLimits,
  receiveMessageOnPort,
  Worker,
} from 'node:worker_threads';
import { type Remote, wrap } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { asError } from '../../core/errors.ts';
import type { Boot, Control, Down, Up } from '../../workers/protocol.ts';
import { Pulse } from '../../workers/pulse.ts';
import type { Beating } from './hang-guard.ts';
import type { Guarded, HeapExceeded, HeapWatch } from './heap-guard.ts';
import { Hung, hottestCalls } from './hung.ts';

// From sources and from dist/ alike.
const ENTRY = new URL(`../../workers/entry${extname(import.meta.filename)}`, import.meta.url);

/**
 * The limits V8 enforces itself. Reaching that of the heap can end the whole process, depending on the shape of the
 * allocation, so it stands far above what an agent may hold; that any is set makes a worker about 2 MB smaller. The
 * stack is smaller than the main thread's, which could otherwise not decode what an agent nests.
 */
function hardLimits(maxHeapBytes: number): ResourceLimits {
  return { maxOldGenerationSizeMb: Math.max(1_024, Math.ceil((4 * maxHeapBytes) / 2 ** 20)), stackSizeMb: 0.75 };
}

/** How long a terminated thread may take to end before it counts as a zombie: one that is blocked in a native call. */
const ZOMBIE_AFTER_MS = 2_000;

/** How long a thread may take to say how large its heap is. */
const HEAP_ANSWER_MS = 1_000;

/** How many frames of one thread are taken in one go: a thread that posts without end must not keep all others waiting. */
const BURST = 32;

/** For how long a thread that hangs is profiled, and how long it may take to begin and to end that. */
const PROFILE_MS = 30;
const PROFILE_ANSWER_MS = 500;

export interface ThreadOptions {
  /** Shown by debuggers and `top -H`. */
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly heartbeatIntervalMs: number;
  /** What it may hold, heap and external memory together, before it is ended. */
  readonly maxHeapBytes: number;
  readonly onFrame: (frame: Up) => void;
  /** A turn has been running for longer than it may. */
  readonly onOverdue: (turn: number) => void;
  readonly onOutput: (stream: 'stdout' | 'stderr', text: string) => void;
}

/** A worker thread seen from outside: frames down and up, calls on its control plane, and an end that always comes. */
export class Thread implements Guarded, Beating {
  /** The watch over its memory. */
  watch: Pick<HeapWatch, 'heat' | 'fits'> | undefined;
  readonly pulse = new Pulse();
  /** Resolves once the thread takes no more part: with how it ended, after its last frame was handed over. */
  readonly ended: Promise<Error>;
  /** Resolves once the thread is gone, which for a zombie is later. */
  readonly exited: Promise<void>;
  readonly #worker: Worker;
  readonly #turns: MessagePort;
  readonly #control: MessagePort;
  readonly #remote: Remote<Control>;
  readonly #onFrame: (frame: Up) => void;
  readonly #onOverdue: (turn: number) => void;
  readonly #markEnded: (how: Error) => void;
  readonly #markExited: () => void;
  #outbox: Down[] = [];
  readonly #flush = () => {
    const frames = this.#outbox;
    this.#outbox = [];
    if (!this.#over) this.#turns.postMessage(frames);
  };
  readonly #startedAt = Date.now();
  /** Why it was ended, where that is not how it says it ended. */
  #endedBy: Error | undefined;
  #givenUpAt: number | undefined;
  #over = false;
  #gone = false;

  constructor(options: ThreadOptions) {
    const turns = new MessageChannel();
    const control = new MessageChannel();
    const boot: Boot = {
      turns: turns.port2,
      control: control.port2,
      pulse: this.pulse.buffer,
      heartbeatIntervalMs: options.heartbeatIntervalMs,
    };
    this.#turns = turns.port1;
    this.#control = control.port1;
    this.#onFrame = options.onFrame;
    this.#onOverdue = options.onOverdue;
    this.#remote = wrap<Control>(nodeEndpoint(this.#control));
    ({ promise: this.ended, resolve: this.#markEnded } = Promise.withResolvers<Error>());
    ({ promise: this.exited, resolve: this.#markExited } = Promise.withResolvers<void>());
    this.#worker = new Worker(ENTRY, {
      name: options.name,
      workerData: boot,
      transferList: [boot.turns, boot.control],
      // Not the host's: its loaders and debug flags would be loaded again by every worker.
      execArgv: [],
      env: options.env,
      resourceLimits: hardLimits(options.maxHeapBytes),
      stdout: true,
      stderr: true,
    });
    this.#turns.on('message', (frame: Up) => {
      this.#onFrame(frame);
      this.#read(BURST);
    });
    this.#listen(options.onOutput);
  }

  /** Since when the thread is given up while it still runs, in milliseconds since 1970; undefined for any other. */
  get zombieSince(): number | undefined {
    return this.#gone ? undefined : this.#givenUpAt;
  }

  /** Sends a frame. Those of one tick go together: waking the thread costs far more than what it is woken with. */
  post(frame: Down): void {
    if (this.#outbox.push(frame) > 1) return;
    process.nextTick(this.#flush);
    this.watch?.heat();
  }

  /** A call on the control plane. Rejects with {@link ended}'s error if the thread ends first. */
  async call<T>(call: (control: Remote<Control>) => Promise<T>): Promise<T> {
    const ended = this.ended.then((how) => Promise.reject(how));
    return Promise.race([call(this.#remote), ended]);
  }

  get busyForMs(): number | undefined {
    const since = this.pulse.lastBeat === 0 ? this.#startedAt : this.pulse.runningSince;
    return since === undefined ? undefined : Date.now() - since;
  }

  /** Resolves once it holds no more memory than it may; rejects with {@link ended}'s error if it is ended for that. */
  async fits(): Promise<void> {
    await Promise.race([this.watch?.fits(), this.ended.then((how) => Promise.reject(how))]);
  }

  exceeded(error: HeapExceeded): void {
    this.#endedBy = error;
    void this.end();
  }

  hung(blockedMs: number): void {
    const found = within(PROFILE_ANSWER_MS, this.#calls());
    void found
      .catch(() => undefined)
      .then((calls = []) => {
        this.#endedBy = new Hung(blockedMs, calls);
        return this.end();
      });
  }

  overdue(turn: number): void {
    this.#onOverdue(turn);
  }

  /** Asks the thread to end by itself; ends it if it hasn't within `graceMs`. */
  async leave(graceMs: number): Promise<void> {
    this.call((control) => control.leave()).catch(() => {});
    if (!(await this.#endsWithin(graceMs))) await this.end();
  }

  /** Ends the thread, whatever it does; gives it up as a zombie if it cannot be ended. */
  async end(): Promise<void> {
    void this.#worker.terminate();
    if (await this.#endsWithin(ZOMBIE_AFTER_MS)) return;
    this.#givenUpAt = Date.now();
    this.#conclude(new Error('The thread did not end when it was terminated: it is blocked in a native call.'));
  }

  /**
   * The size of the thread's heap, taken by an interrupt: it is answered even in an endless loop. Bytes; undefined where
   * there is no answer, as from a native call.
   */
  async heap(): Promise<{ used: number; external: number } | undefined> {
    if (this.#over) return undefined;
    const heap = this.#worker.getHeapStatistics().catch(() => undefined);
    const statistics = await within(HEAP_ANSWER_MS, Promise.race([heap, this.ended.then(() => undefined)]));
    return statistics && { used: statistics.used_heap_size, external: statistics.external_memory };
  }

  #listen(onOutput: ThreadOptions['onOutput']): void {
    let how: Error | undefined;
    this.#worker.on('error', (error) => {
      how = asError(error);
    });
    this.#worker.on('exit', (code) => {
      this.#gone = true;
      this.#markExited();
      this.#conclude(how ?? new Error(`The worker ended by itself with exit code ${code}.`));
    });
    const streams: Array<['stdout' | 'stderr', Readable]> = [
      ['stdout', this.#worker.stdout],
      ['stderr', this.#worker.stderr],
    ];
    for (const [name, stream] of streams) stream.setEncoding('utf8').on('data', (text: string) => onOutput(name, text));
  }

  #conclude(how: Error): void {
    if (this.#over) return;
    // What the thread posted before it ended lies in the port: it counts, and comes before the news of the end.
    this.#read(Number.POSITIVE_INFINITY);
    this.#over = true;
    this.#turns.close();
    this.#control.close();
    this.#markEnded(this.#endedBy ?? how);
  }

  /** Hands over frames that lie in the port, which is cheaper than to be called for each. */
  #read(atMost: number): void {
    for (let left = atMost; left > 0; left -= 1) {
      const next = receiveMessageOnPort(this.#turns);
      if (next === undefined) return;
      this.#onFrame(next.message);
    }
  }

  /** Where it is just now, found by an interrupt; empty where Node has none for it. */
  async #calls(): Promise<string[]> {
    if (typeof this.#worker.startCpuProfile !== 'function') return [];
    const profile = await this.#worker.startCpuProfile();
    await wait(PROFILE_MS);
    return hottestCalls(JSON.parse(await profile.stop()));
  }

  async #endsWithin(ms: number): Promise<boolean> {
    const ended = this.ended.then(() => true);
    return (await within(ms, ended)) ?? false;
  }
}

/** The result of some work, or undefined if it takes longer. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, ms, undefined);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
