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
import { within } from '../../core/within.ts';
import type { Boot, Control, Down, Up } from '../../workers/protocol.ts';
import { Pulse } from '../../workers/pulse.ts';
import type { Carrier, CarrierOptions, Listener, Memory } from './carrier.ts';
import { compileCache } from './compile-cache.ts';
import { hottestCalls } from './hung.ts';

// From sources and from dist/ alike.
const ENTRY = new URL(`../../workers/thread-entry${extname(import.meta.filename)}`, import.meta.url);

/** How long a thread may take to say what it takes. */
const ANSWER_MS = 1_000;

/** How many frames of one thread are taken in one go: a thread that posts without end must not keep all others waiting. */
const BURST = 32;

/** For how long a thread that hangs is profiled, and how long it may take to begin and to end that. */
const PROFILE_MS = 30;
const PROFILE_ANSWER_MS = 500;

/** A worker thread that runs an agent. */
export class ThreadCarrier implements Carrier {
  readonly pulse = new Pulse();
  readonly control: Remote<Control>;
  readonly pid = undefined;
  readonly #worker: Worker;
  readonly #turns: MessagePort;
  readonly #control: MessagePort;
  readonly #listener: Listener;

  constructor(options: CarrierOptions, listener: Listener) {
    const turns = new MessageChannel();
    const control = new MessageChannel();
    const boot: Boot = {
      turns: turns.port2,
      control: control.port2,
      pulse: this.pulse.buffer,
      heartbeatIntervalMs: options.heartbeatIntervalMs,
    };
    this.#listener = listener;
    this.#turns = turns.port1;
    this.#control = control.port1;
    this.control = wrap<Control>(nodeEndpoint(this.#control));
    this.#worker = new Worker(ENTRY, {
      name: options.name,
      workerData: boot,
      transferList: [boot.turns, boot.control],
      // Not the host's: its loaders and debug flags would be loaded again by every worker.
      execArgv: [],
      env: { ...compileCache(), ...options.env },
      resourceLimits: hardLimits(options.maxHeapBytes),
      stdout: true,
      stderr: true,
    });
    this.#turns.on('message', (frame: Up) => {
      listener.frame(frame);
      this.#read(BURST);
    });
    this.#listen();
  }

  get ranMs(): number {
    return this.#worker.performance.eventLoopUtilization().active;
  }

  post(frames: readonly Down[]): void {
    this.#turns.postMessage(frames);
  }

  read(): void {
    this.#read(Number.POSITIVE_INFINITY);
  }

  terminate(): void {
    void this.#worker.terminate();
  }

  close(): void {
    this.#turns.close();
    this.#control.close();
  }

  /** Taken by an interrupt: it is answered even in an endless loop. */
  async memory(): Promise<Memory | undefined> {
    const heap = this.#worker.getHeapStatistics().catch(() => undefined);
    const statistics = await within(ANSWER_MS, heap);
    if (statistics === undefined) return undefined;
    const { used_heap_size: used, external_memory: external, total_physical_size: physical } = statistics;
    return { used, external, physical };
  }

  async cpuMs(): Promise<number | undefined> {
    if (typeof this.#worker.cpuUsage !== 'function') return undefined;
    const usage = await within(ANSWER_MS, this.#worker.cpuUsage()).catch(() => undefined);
    return usage && (usage.user + usage.system) / 1_000;
  }

  async whereabouts(): Promise<string> {
    const calls = await within(PROFILE_ANSWER_MS, this.#calls()).catch(() => undefined);
    return calls && calls.length > 0 ? `at ${calls.join(' < ')}` : 'in a call that cannot be interrupted';
  }

  /** The innermost first, found by an interrupt; none where Node has none for it. */
  async #calls(): Promise<string[]> {
    if (typeof this.#worker.startCpuProfile !== 'function') return [];
    const profile = await this.#worker.startCpuProfile();
    await wait(PROFILE_MS);
    return hottestCalls(JSON.parse(await profile.stop()));
  }

  #listen(): void {
    let how: Error | undefined;
    this.#worker.on('error', (error) => {
      how = asError(error);
    });
    this.#worker.on('exit', (code) => {
      this.#listener.gone(how ?? new Error(`The worker ended by itself with exit code ${code}.`));
    });
    const streams: Array<['stdout' | 'stderr', Readable]> = [
      ['stdout', this.#worker.stdout],
      ['stderr', this.#worker.stderr],
    ];
    for (const [name, stream] of streams)
      stream.setEncoding('utf8').on('data', (text: string) => this.#listener.output(name, text));
  }

  /** Hands over frames that lie in the port, which is cheaper than to be called for each. */
  #read(atMost: number): void {
    for (let left = atMost; left > 0; left -= 1) {
      const next = receiveMessageOnPort(this.#turns);
      if (next === undefined) return;
      this.#listener.frame(next.message);
    }
  }
}

/**
 * The limits V8 enforces itself. Reaching that of the heap can end the whole process, depending on the shape of the
 * allocation, so it stands far above what an agent may hold; that any is set makes a worker about 2 MB smaller. The
 * stack is smaller than the main thread's, which could otherwise not decode what an agent nests.
 */
function hardLimits(maxHeapBytes: number): ResourceLimits {
  return { maxOldGenerationSizeMb: Math.max(1_024, Math.ceil((4 * maxHeapBytes) / 2 ** 20)), stackSizeMb: 0.75 };
}
