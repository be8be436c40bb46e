import type { MessagePort } from 'node:worker_threads';
import type { Packed } from '../core/codec.ts';
import type { Fault } from '../core/fault.ts';

/** What a thread of the pools is started with. */
export interface ToolBoot {
  /** URL of the tools' module. */
  readonly module: string;
  readonly maxMessageBytes: number;
  /** Given where calls share the thread: the cells of its {@link Pulse}. */
  readonly pulse: SharedArrayBuffer | undefined;
  readonly heartbeatIntervalMs: number;
  /** How long the module may take to load. */
  readonly startTimeoutMs: number;
}

/** How a tool answers: once, or with chunks as they come. */
export type ToolKind = 'call' | 'stream';

/** A tools module, described by a thread that has loaded it. */
export type Described =
  | { readonly ok: true; readonly tools: readonly { name: string; kind: ToolKind; cpuBound: boolean }[] }
  | { readonly ok: false; readonly fault: Fault };

/** One call of a tool, as a thread gets it. */
export interface ToolTask {
  readonly tool: string;
  /** The list of them. */
  readonly args: Packed;
  readonly agentId: string;
  /** Whether somebody reads the chunks that it yields. */
  readonly streams: boolean;
  /** Carries {@link ToolDown} and {@link ToolUp}. */
  readonly port: MessagePort;
}

export type ToolDown =
  | { readonly kind: 'abort'; readonly fault: Fault }
  /** So many more chunks were read. */
  | { readonly kind: 'read'; readonly count: number };

/** `done` or `failed` come last. */
export type ToolUp =
  | { readonly kind: 'begun'; readonly threadId: number }
  | { readonly kind: 'chunk'; readonly chunk: Packed }
  | { readonly kind: 'done'; readonly result: Packed }
  | { readonly kind: 'failed'; readonly fault: Fault };
