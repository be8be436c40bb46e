import type { MessagePort } from 'node:worker_threads';
import type { Packed } from '../core/codec.ts';
import type { Fault } from '../core/fault.ts';
import type { LogLevel } from '../core/log.ts';
import type { Import } from './load-definition.ts';
import type { ToolKind } from './tool-protocol.ts';

/** What a worker is started with. The entry takes it out of `workerData` before any of the agent's code is loaded. */
export interface Boot {
  /** Frames of the message path, {@link Down} and {@link Up}. */
  readonly turns: MessagePort;
  /** Calls of the control plane, {@link Control}, by Comlink. */
  readonly control: MessagePort;
  /** The cells of a {@link Pulse}. */
  readonly pulse: SharedArrayBuffer;
  /** What the entry has been compiled to by now, to be had where the host has nothing of it yet. */
  compiled?: () => Uint8Array;
  /** Imports a module for an entry that is a script, and cannot. */
  load?: Import;
}

/** The entry of a thread as a script. */
export interface ThreadCode {
  readonly source: string;
  readonly url: string;
  /** What another thread had compiled of it. */
  readonly compiled: Uint8Array | undefined;
}

/** What goes to an agent's process: frames, or a message of the control plane. */
export type ChannelDown =
  | { readonly turns: readonly Down[]; readonly control?: undefined }
  | { readonly turns?: undefined; readonly control: unknown };

/** What comes from it: a frame, a message of the control plane, or what it is about to die of. */
export type ChannelUp = { readonly turn: Up } | { readonly control: unknown } | { readonly died: Fault };

/** The file descriptors of an agent's process: those of its channel, {@link ChannelDown} and {@link ChannelUp}, and of its pulse. */
export const DOWN_PIPE = 3;
export const UP_PIPE = 4;
export const PULSE_PIPE = 5;

/** From the supervisor to the thread. `number` counts the messages of one incarnation, from 1. */
export type Down =
  | {
      readonly kind: 'message';
      readonly number: number;
      readonly body: Packed;
      /** When nobody waits for its reply any more, on the scale of {@link monotonicMs}; undefined where that is not known. */
      readonly deadline: number | undefined;
      /** Whether somebody reads the chunks that its turn yields. */
      readonly streams: boolean;
    }
  | { readonly kind: 'cancel'; readonly number: number }
  /** Has it write a heartbeat. */
  | { readonly kind: 'beat' }
  /** So many more chunks of the turn were read. */
  | { readonly kind: 'read'; readonly number: number; readonly count: number }
  | { readonly kind: 'chunk'; readonly call: number; readonly chunk: Packed }
  | { readonly kind: 'replied'; readonly call: number; readonly reply: Packed }
  | { readonly kind: 'refused'; readonly call: number; readonly fault: Fault }
  /** A piece of the shared data was replaced: turns that begin from now on see the new one. */
  | { readonly kind: 'share'; readonly name: string; readonly piece: SharedPiece };

/** A piece of the shared data. To a thread its bytes are a view on memory that all threads share; a process gets a copy. */
export interface SharedPiece {
  readonly kind: 'bytes' | 'text' | 'json';
  readonly bytes: Uint8Array;
  /** How many replacements there had been when it came; 0 for what was declared. */
  readonly version: number;
}

/** From the thread to the supervisor: one answer for each message, and in between what its turn sends, and log lines. */
export type Up =
  | {
      readonly kind: 'done';
      readonly number: number;
      readonly reply: Packed;
      readonly change: Change | undefined;
      readonly effects: Effects | undefined;
    }
  /** `refused`: the agent takes no such message, the next time neither. */
  | { readonly kind: 'failed'; readonly number: number; readonly fault: Fault; readonly refused: boolean }
  | { readonly kind: 'cancelled'; readonly number: number }
  /** What a turn has yielded. */
  | { readonly kind: 'chunk'; readonly turn: number; readonly chunk: Packed }
  | Call
  | ToolRequest
  | Telling
  /** So many more chunks that answer a call were read. */
  | { readonly kind: 'read'; readonly call: number; readonly count: number }
  /** Nobody wants to know any more what answers a call. */
  | { readonly kind: 'leave'; readonly call: number }
  /** The agent stays awake for promises, or does not any more. */
  | { readonly kind: 'awake'; readonly kept: boolean }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly fields: Packed; readonly text: string };

/** In the place of a turn's number: what goes on after a turn, or beside it. */
export const BACKGROUND = -1;

/**
 * A message that a turn sends and awaits the reply of. `call` counts those of one incarnation, `turn` is the turn's number: 0 of
 * `activate` and `passivate`, {@link BACKGROUND} outside of turns.
 */
export interface Call {
  readonly kind: 'call';
  readonly call: number;
  readonly turn: number;
  readonly to: string;
  readonly body: Packed;
  readonly timeoutMs: number | undefined;
  readonly once: { readonly key: string; readonly fingerprint: string } | undefined;
  /** Whether the chunks that answer it are wanted. */
  readonly streams: boolean;
}

/** A call of a tool; numbered as {@link Call} is. */
export interface ToolRequest {
  readonly kind: 'tool';
  readonly call: number;
  readonly turn: number;
  readonly tool: string;
  /** The list of them. */
  readonly args: Packed;
  readonly streams: boolean;
}

/** A durable message that is told outside of turns; answered once it is on disk. Numbered as {@link Call} is. */
export interface Telling {
  readonly kind: 'tell';
  readonly call: number;
  readonly turn: typeof BACKGROUND;
  readonly to: string;
  readonly body: Uint8Array;
  readonly streams: false;
}

/** What a turn did to the state, encoded in the thread: only the change, or all of it where that is the better record. */
export interface Change {
  readonly kind: 'record' | 'snapshot';
  readonly packed: Packed;
}

/** What a turn does beside changing its state, kept together with that or not at all; undefined where it is nothing. */
export interface Effects {
  readonly tells: readonly Tell[];
  readonly alarms: readonly AlarmOrder[];
}

/** A durable message for an agent, which may be the teller. */
export interface Tell {
  readonly to: string;
  readonly body: Uint8Array;
}

/** Sets the alarm of that name, in the place of an earlier one, or cancels it. */
export type AlarmOrder =
  | { readonly name: string; readonly when: When; readonly body: Uint8Array }
  | { readonly name: string; readonly cancel: true };

/** When an alarm is due: once, or again and again. Milliseconds; `at` since 1970. */
export type When =
  | { readonly at: number }
  | { readonly inMs: number }
  | { readonly every: number }
  | { readonly cron: string; readonly timezone?: string };

/** The control plane of a thread. Its calls are answered between turns. */
export interface Control {
  /**
   * Loads the agent's module ahead of `hydrate`, and keeps what that has compiled for other workers; `rehearsed`, it runs the path of
   * a turn warm too.
   */
  prepare(module: string, how: { readonly rehearsed: boolean }): Promise<Prepared>;
  /** Loads the agent's module and rebuilds its state. Called once: a thread serves one agent. */
  hydrate(orders: Orders): Promise<Hydrated>;
  /**
   * Asks the agent to sleep. `last` is the number of the last message delivered: an agent that hasn't taken it, or
   * has a turn running, or is kept awake, refuses. So does one that has not had the newest shared data, that of version `shared`.
   */
  passivate(last: number, shared: number): Promise<Passivated>;
  /** Ends the thread. Asked for once the answer of `passivate` has arrived: a thread that ended before could take it along. */
  leave(): Promise<void>;
}

export interface Orders {
  readonly agentId: string;
  readonly module: string;
  /** The registered agent types: those that can be told something. */
  readonly types: readonly string[];
  readonly shared: ReadonlyMap<string, SharedPiece>;
  /** The tools that can be called. */
  readonly tools: Readonly<Record<string, ToolKind>>;
  /** Undefined for an agent that has never committed. */
  readonly stored: { readonly snapshot: Uint8Array; readonly records: readonly Uint8Array[] } | undefined;
  readonly maxMessageBytes: number;
  readonly maxStateBytes: number;
}

export type Prepared =
  /** `compiled`: what {@link Boot.compiled} had. */
  { readonly ok: true; readonly compiled: Uint8Array | undefined } | { readonly ok: false; readonly fault: Fault };

export type Hydrated =
  | { readonly ok: true; readonly idleTimeoutMs: number | undefined }
  | { readonly ok: false; readonly fault: Fault };

export type Passivated =
  | {
      readonly asleep: true;
      /** What `passivate()` changed. */
      readonly change: Change | undefined;
      /** Stands for all turns and for that change; undefined where they are to stay as they are. */
      readonly snapshot: Uint8Array | undefined;
      readonly effects: Effects | undefined;
      /** What `passivate()` threw; the agent sleeps nevertheless. */
      readonly fault: Fault | undefined;
    }
  | { readonly asleep: false };
