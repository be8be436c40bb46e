import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type Remote, releaseProxy, wrap } from 'comlink';
import { fromFault } from '../../core/fault.ts';
import { within } from '../../core/within.ts';
import { Channel } from '../../workers/channel.ts';
import { ChannelEndpoint } from '../../workers/channel-endpoint.ts';
import {
  type ChannelDown,
  type ChannelUp,
  type Control,
  DOWN_PIPE,
  type Down,
  PULSE_PIPE,
  UP_PIPE,
} from '../../workers/protocol.ts';
import { Pulse } from '../../workers/pulse.ts';
import type { Carrier, CarrierOptions, Listener, Memory } from './carrier.ts';
import { compileCache } from './compile-cache.ts';

// From sources and from dist/ alike.
const ENTRY = fileURLToPath(new URL(`../../workers/process-entry${extname(import.meta.filename)}`, import.meta.url));

/** What the system counts as memory of a process that has loaded no agent yet: measured, Node 26 on Linux. */
const EMPTY_BYTES = 10 * 2 ** 20;

/** What V8 writes before it ends a process that has reached its limit. */
const OUT_OF_MEMORY = 'JavaScript heap out of memory';

/** Of the clock that Linux counts processor time with, whatever the kernel's own is. */
const MS_PER_TICK = 10;

/** How long what a process has said before its end may take to be read. */
const LAST_WORDS_MS = 2_000;

/** A child process that runs an agent. */
export class ProcessCarrier implements Carrier {
  readonly pulse = new Pulse();
  readonly control: Remote<Control>;
  readonly ranMs = undefined;
  readonly #child: ChildProcess;
  readonly #listener: Listener;
  readonly #channel: Channel<ChannelDown, ChannelUp>;
  readonly #endpoint: ChannelEndpoint;
  readonly #name: string;
  #how: Error | undefined;
  #exhausted = false;
  #closed = false;

  /** `flags` are arguments of its Node. */
  constructor(options: CarrierOptions, flags: readonly string[], listener: Listener) {
    const { name, env, heartbeatIntervalMs, maxHeapBytes } = options;
    this.#name = name;
    this.#listener = listener;
    const flagsOfNode = [...limits(maxHeapBytes), ...flags];
    const own = [name, String(process.pid), String(heartbeatIntervalMs)];
    this.#child = spawn(process.execPath, [...flagsOfNode, ENTRY, ...own], {
      // One with permissions may not write there.
      env: flags.length > 0 ? env : { ...compileCache(), ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    });
    // A process that cannot be started is told of by its end.
    this.#child.on('error', () => {});
    this.#channel = new Channel<ChannelDown, ChannelUp>(this.#stream(UP_PIPE), this.#stream(DOWN_PIPE), {
      maxBytes: options.maxFrameBytes,
      onMessage: (said) => this.#hear(said),
      onGarbage: (error) => {
        this.#how = new Error(`What it wrote to its channel is no message: ${error.message}.`);
        this.terminate();
      },
    });
    this.#endpoint = new ChannelEndpoint((control) => this.#channel.send({ control }));
    this.control = wrap<Control>(this.#endpoint);
    // It hears nothing any more: it is ending, or is ended.
    this.#stream(DOWN_PIPE).on('close', () => setTimeout(() => this.terminate(), LAST_WORDS_MS).unref());
    this.#listen();
    void this.#untilGone();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  lastBeat(): number {
    return this.pulse.lastBeat;
  }

  post(turns: readonly Down[]): void {
    this.#channel.send({ turns });
  }

  /** All it says is read as it comes. */
  read(): void {}

  terminate(): void {
    this.#child.kill('SIGKILL');
  }

  close(): void {
    this.#closed = true;
    // Comlink keeps the endpoint for as long as the proxy lives, and through the endpoint the proxy can be reached.
    this.control[releaseProxy]();
  }

  /** What the system counts: it has no say in that. */
  async memory(): Promise<Memory | undefined> {
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
      const anonymous = Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
      return Number.isNaN(anonymous) ? undefined : { used: Math.max(0, anonymous - EMPTY_BYTES), external: 0 };
    } catch {
      return undefined;
    }
  }

  async cpuMs(): Promise<number | undefined> {
    try {
      // Behind the name, which may hold anything, in brackets: utime and stime are the fields 14 and 15.
      const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
    } catch {
      return undefined;
    }
  }

  async whereabouts(): Promise<string> {
    return 'where is not known of a process';
  }

  #hear(said: ChannelUp): void {
    if (this.#closed) return;
    if ('turn' in said) this.#listener.frame(said.turn);
    else if ('died' in said) this.#how = fromFault(said.died, this.#name);
    else this.#endpoint.hear(said.control);
  }

  #listen(): void {
    const cells = new Uint8Array(this.pulse.buffer);
    let unread: Uint8Array = Buffer.alloc(0);
    this.#stream(PULSE_PIPE).on('data', (bytes: Buffer) => {
      unread = unread.length === 0 ? bytes : Buffer.concat([unread, bytes]);
      const whole = unread.length - (unread.length % cells.length);
      if (whole > 0) cells.set(unread.subarray(whole - cells.length, whole));
      unread = unread.subarray(whole);
    });
    for (const name of ['stdout', 'stderr'] as const) {
      this.#child[name]?.setEncoding('utf8').on('data', (text: string) => {
        this.#exhausted ||= name === 'stderr' && text.includes(OUT_OF_MEMORY);
        this.#listener.output(name, text);
      });
    }
  }

  /** One of its file descriptors; one with nobody behind it where the process could not be started for want of them. */
  #stream(fd: number): Duplex {
    return (this.#child.stdio?.[fd] as Duplex | undefined) ?? nobody();
  }

  async #untilGone(): Promise<void> {
    const spoken = Promise.all([PULSE_PIPE, UP_PIPE].map((fd) => once(this.#stream(fd), 'close')));
    const closed = once(this.#child, 'close');
    for (const end of [spoken, closed]) end.catch(() => {});
    try {
      const [code, signal] = await once(this.#child, 'exit');
      // V8's own last words come by stderr, which others that the agent has started may hold open.
      await within<unknown>(LAST_WORDS_MS, signal === 'SIGABRT' ? closed : spoken);
      if (signal === 'SIGABRT' && this.#exhausted) this.#how = outOfMemory();
      const by = signal === null ? `ended by itself with exit code ${code}` : `was ended by ${signal}`;
      this.#listener.gone(this.#how ?? new Error(`The process ${by}.`));
    } catch (error) {
      this.#listener.gone(error as Error);
    }
  }
}

/** A stream that nobody reads or writes at the other end. */
function nobody(): Duplex {
  return new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
}

/** As a thread would tell of it. */
function outOfMemory(): Error {
  return Object.assign(new Error('The process reached the limit of its heap.'), { code: 'ERR_WORKER_OUT_OF_MEMORY' });
}

/**
 * V8 ends a process that reaches its limit, and no other, so it stands nearer to what an agent may hold than that of a thread.
 * The stack is no larger than the host's own, which could otherwise not decode what an agent nests.
 */
function limits(maxHeapBytes: number): string[] {
  const heapMb = Math.max(64, Math.ceil((2 * maxHeapBytes) / 2 ** 20));
  return [`--max-old-space-size=${heapMb}`, '--stack-size=750', '--disable-warning=ExperimentalWarning'];
}
