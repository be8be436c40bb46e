import type { Remote } from 'comlink';
import type { Control, Down, Up } from '../../workers/protocol.ts';
import type { Pulse } from '../../workers/pulse.ts';

export interface CarrierOptions {
  /** The agent's, for debuggers and lists of processes. */
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly heartbeatIntervalMs: number;
  /** What it may hold, heap and external memory together, before it is ended. */
  readonly maxHeapBytes: number;
  /** The largest frame that is taken from it. */
  readonly maxFrameBytes: number;
}

/** What an isolate's carrier tells it. */
export interface Listener {
  frame(frame: Up): void;
  /** What it has written to one of its standard streams. */
  output(stream: 'stdout' | 'stderr', text: string): void;
  /** It is gone: with how it ended, once all that it had said before can be read. */
  gone(how: Error): void;
}

/** What runs the code of one agent: a worker thread, or a process. */
export interface Carrier {
  readonly pulse: Pulse;
  readonly control: Remote<Control>;
  /** Of a process. */
  readonly pid: number | undefined;
  /** For how long it has run code, in milliseconds; undefined where asking for that is no cheaper than {@link memory}. */
  readonly ranMs: number | undefined;
  /** When its event loop last turned, in milliseconds since 1970, as it was when this was last asked; 0 before the first time. */
  lastBeat(): number;
  /** Hands over the frames of one tick. */
  post(frames: readonly Down[]): void;
  /** Gives the listener what was said and lies unread. */
  read(): void;
  /** Ends it, whatever it does. May be called again. */
  terminate(): void;
  /** Nothing that it says reaches anybody any more. */
  close(): void;
  /** Bytes; undefined where there is no answer. */
  memory(): Promise<Memory | undefined>;
  /** Processor time that it has taken, in milliseconds; undefined where there is no answer. */
  cpuMs(): Promise<number | undefined>;
  /** In words, where its code is just now, as far as that can be had. */
  whereabouts(): Promise<string>;
}

/** What an agent holds, in bytes. */
export interface Memory {
  readonly used: number;
  readonly external: number;
  /** What the heap takes, garbage and free room in it included; undefined of a process. */
  readonly physical?: number;
}
