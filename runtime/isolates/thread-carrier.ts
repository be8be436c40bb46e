import type { Readable } from 'node:stream';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { type Remote, wrap } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { asError } from '../../core/errors.ts';
import type { Boot, Control, Down } from '../../workers/protocol.ts';
import { Pulse } from '../../workers/pulse.ts';
import { readUp, sendDown, type UpWire } from '../../workers/wire.ts';
import type { Carrier, CarrierOptions, Listener, Memory } from './carrier.ts';
import { compileCache } from './compile-cache.ts';
import { threadStart } from './thread-code.ts';
import { cpuMsOf, hardLimits, memoryOf, ranMs, whereaboutsOf } from './thread-facts.ts';

/** How many frames of one thread are taken in one go: a thread that posts without end must not keep all others waiting. */
const BURST = 32;

/** A worker thread that runs an agent. */
export class ThreadCarrier implements Carrier {
  readonly pulse = new Pulse();
  readonly control: Remote<Control>;
  readonly pid = undefined;
  readonly #worker: Worker;
  readonly #turns: MessagePort;
  readonly #control: MessagePort;
  readonly #listener: Listener;
  /** For how long it had waited in all, and what beat it had written, when this was last asked. */
  #idleMs = 0;
  #beat = 0;
  #turnedAt = 0;

  constructor(options: CarrierOptions, listener: Listener) {
    const turns = new MessageChannel();
    const control = new MessageChannel();
    const boot: Boot = {
      turns: turns.port2,
      control: control.port2,
      pulse: this.pulse.buffer,
    };
    this.#listener = listener;
    this.#turns = turns.port1;
    this.#control = control.port1;
    this.control = wrap<Control>(nodeEndpoint(this.#control));
    const { entry, workerData } = threadStart(boot);
    this.#worker = new Worker(entry, {
      name: options.name,
      workerData,
      transferList: [boot.turns, boot.control],
      // Not the host's: its loaders and debug flags would be loaded again by every worker.
      execArgv: [],
      env: { ...compileCache(), ...options.env },
      resourceLimits: hardLimits(options.maxHeapBytes),
      stdout: true,
      stderr: true,
    });
    this.#turns.on('message', (frame: UpWire) => {
      listener.frame(readUp(frame));
      this.#read(BURST);
    });
    this.#listen();
  }

  get ranMs(): number {
    return ranMs(this.#worker);
  }

  /** One that has waited for something since has turned; one that did not is asked, and answers if it turns without a wait. */
  lastBeat(): number {
    const { idle } = this.#worker.performance.eventLoopUtilization();
    const { lastBeat } = this.pulse;
    // Whichever is news, and not whichever is later: the clock may be set back.
    if (lastBeat !== this.#beat) this.#turnedAt = lastBeat;
    if (idle > this.#idleMs) this.#turnedAt = Date.now();
    else this.post([{ kind: 'beat' }]);
    this.#idleMs = idle;
    this.#beat = lastBeat;
    return lastBeat === 0 ? 0 : this.#turnedAt;
  }

  post(frames: readonly Down[]): void {
    this.#turns.postMessage(frames.map(sendDown));
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

  memory(): Promise<Memory | undefined> {
    return memoryOf(this.#worker);
  }

  cpuMs(): Promise<number | undefined> {
    return cpuMsOf(this.#worker);
  }

  whereabouts(): Promise<string> {
    return whereaboutsOf(this.#worker);
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
      this.#listener.frame(readUp(next.message));
    }
  }
}
