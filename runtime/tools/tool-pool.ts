import type { Packed } from '../../core/codec.ts';
import { asError, DrowseError } from '../../core/errors.ts';
import { fromFault } from '../../core/fault.ts';
import { unknownTool } from '../../core/unknown-tool.ts';
import type { Described, ToolKind } from '../../workers/tool-protocol.ts';
import { aborted } from '../messages/cancellation.ts';
import { Output } from '../output.ts';
import { invalid } from '../settings.ts';
import { ToolCall, type ToolCallOptions } from './tool-call.ts';
import { type LaneServices, ToolLane } from './tool-lane.ts';
import type { ToolStats } from './tool-stats.ts';
import type { ToolThread } from './tool-thread.ts';

/** How many I/O-bound calls run at a time, all in one thread. */
const IO_CALLS = 256;

/** How long a thread without CPU-bound calls is kept. */
const CPU_IDLE_MS = 60_000;

/** The functions of the tools module, run in threads that all agents share: one for what waits, some for what computes. */
export class ToolPool {
  /** The tools by name. */
  readonly kinds: Readonly<Record<string, ToolKind>>;
  readonly #lanes: ReadonlyMap<string, ToolLane>;
  readonly #all: readonly ToolLane[];
  #calls = 0;
  #failed = 0;
  #closed = false;

  private constructor(
    kinds: Readonly<Record<string, ToolKind>>,
    lanes: ReadonlyMap<string, ToolLane>,
    all: readonly ToolLane[],
  ) {
    this.kinds = kinds;
    this.#lanes = lanes;
    this.#all = all;
  }

  /** Loads the module. Rejects with `ERR_DROWSE_INVALID_OPTIONS` where that cannot be done, or there is no tool in it. */
  static async open(services: Omit<LaneServices, 'Piscina' | 'output'>): Promise<ToolPool> {
    const { tools, settings, timers } = services;
    // Here, and not for a host without tools.
    const { Piscina } = await import('piscina');
    const shared = { ...services, Piscina, output: new Output({ tools: true }, settings.log, settings.clock) };
    const io = new ToolLane(shared, {
      calls: 'I/O-bound',
      threads: 1,
      callsPerThread: IO_CALLS,
      idleTimeoutMs: Number.POSITIVE_INFINITY,
    });
    const cpu = new ToolLane(shared, {
      calls: 'CPU-bound',
      threads: tools.cpuThreads,
      callsPerThread: 1,
      idleTimeoutMs: CPU_IDLE_MS,
    });
    try {
      const late = Promise.withResolvers<never>();
      const timeout = () =>
        late.reject(new Error(`it took longer than startTimeoutMs (${settings.startTimeoutMs} ms)`));
      const described = await timers.during(
        settings.startTimeoutMs,
        Promise.race([io.describe(), late.promise]),
        timeout,
      );
      const found = toolsOf(described);
      const kinds = Object.fromEntries(found.map(({ name, kind }) => [name, kind]));
      return new ToolPool(kinds, new Map(found.map(({ name, cpuBound }) => [name, cpuBound ? cpu : io])), [io, cpu]);
    } catch (cause) {
      await io.close(asError(cause));
      const error = invalid(`tools module ${tools.module} cannot be used: ${asError(cause).message}`);
      error.cause = cause;
      throw error;
    }
  }

  /**
   * Calls a tool. `reply` rejects with what the tool threw, or with a `DrowseError`: `ERR_DROWSE_ABORTED` once the signal is aborted,
   * `ERR_DROWSE_TOOL_FAILED` where the thread ended, `ERR_DROWSE_MESSAGE_TOO_LARGE` for what it returns or yields,
   * `ERR_DROWSE_OVERLOADED`, `ERR_DROWSE_UNKNOWN_TOOL`, `ERR_DROWSE_CLOSED`. `read` is told how many more chunks were read: the tool
   * waits for who falls behind.
   */
  call(name: string, args: Packed, options: ToolCallOptions): { reply: Promise<Packed>; read(count: number): void } {
    const call = new ToolCall(name, args, options);
    const { signal } = options;
    const lane = this.#lanes.get(name);
    this.#calls += 1;
    call.reply.catch(() => {
      if (!signal.aborted) this.#failed += 1;
    });
    try {
      if (this.#closed) throw closed();
      if (lane === undefined) throw unknownTool(name, Object.keys(this.kinds));
      if (signal.aborted) throw aborted(signal);
      lane.take(call);
      const cancel = () => lane.cancel(call);
      signal.addEventListener('abort', cancel, { once: true });
      const forget = () => signal.removeEventListener('abort', cancel);
      call.reply.then(forget, forget);
    } catch (error) {
      call.fail(asError(error));
    }
    return call;
  }

  /** Threads that exist. */
  get threads(): ToolThread[] {
    return this.#all.flatMap((lane) => [...lane.threads]);
  }

  get stats(): ToolStats {
    const sum = (figure: 'running' | 'waiting') => this.#all.reduce((total, lane) => total + lane[figure], 0);
    return {
      threads: this.threads.length,
      running: sum('running'),
      waiting: sum('waiting'),
      calls: this.#calls,
      failed: this.#failed,
    };
  }

  /** Ends the threads. Calls that run or wait are rejected with `ERR_DROWSE_CLOSED`. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#all.map((lane) => lane.close(closed())));
  }
}

function toolsOf(described: Described): Extract<Described, { ok: true }>['tools'] {
  if (!described.ok) throw fromFault(described.fault);
  if (described.tools.length === 0)
    throw new Error('it exports no function: write `export async function search(query) { … }`');
  return described.tools;
}

function closed(): DrowseError {
  return new DrowseError('ERR_DROWSE_CLOSED', 'The supervisor was closed before the tool had ended.');
}
