import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Packed } from '../../core/codec.ts';
import { DrowseError } from '../../core/errors.ts';
import { fromFault, toFault } from '../../core/fault.ts';
import type { ToolDown, ToolTask, ToolUp } from '../../workers/tool-protocol.ts';
import { aborted } from '../messages/cancellation.ts';

export interface ToolCallOptions {
  readonly agentId: string;
  /** Aborted when nobody waits for the call any more. */
  readonly signal: AbortSignal;
  /** Given where its chunks are read. */
  readonly onChunk?: (chunk: Packed) => void;
}

/** One call of a tool. Whoever settles it first decides: its end and the end of its thread may race freely. */
export class ToolCall {
  readonly tool: string;
  readonly reply: Promise<Packed>;
  /** Resolves once its thread is done with it, which for one that was cancelled is later. */
  readonly over: Promise<void>;
  /** Ends the thread under it, where it has that to itself. */
  readonly killing = new AbortController();
  /** The thread in which it runs. */
  threadId: number | undefined;
  /** Why what it runs in was ended, where that is not how it says it ended. */
  endedBy: Error | undefined;
  readonly #args: Packed;
  readonly #options: ToolCallOptions;
  readonly #resolve: (result: Packed) => void;
  readonly #reject: (error: Error) => void;
  readonly #conclude: () => void;
  #port: MessagePort | undefined;
  #settled = false;

  constructor(tool: string, args: Packed, options: ToolCallOptions) {
    this.tool = tool;
    this.#args = args;
    this.#options = options;
    ({ promise: this.reply, resolve: this.#resolve, reject: this.#reject } = Promise.withResolvers<Packed>());
    ({ promise: this.over, resolve: this.#conclude } = Promise.withResolvers<void>());
  }

  /** What a thread is to be given. */
  begin(): ToolTask {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on('message', (frame: ToolUp) => this.#hear(frame));
    const { agentId, onChunk } = this.#options;
    return { tool: this.tool, args: this.#args, agentId, streams: onChunk !== undefined, port: port2 };
  }

  read(count: number): void {
    this.#say({ kind: 'read', count });
  }

  /** The caller's signal was aborted: it is answered now, and the tool is asked to end. */
  cancel(): void {
    const error = aborted(this.#options.signal);
    this.fail(error);
    this.#say({ kind: 'abort', fault: toFault(error) });
  }

  fail(error: Error): void {
    this.#settled = true;
    this.#reject(error);
  }

  /** Its task is over. Where it has said nothing to the end, its thread ended under it: `how` says how. */
  conclude(how?: Error): void {
    // What it said before that may be on its way.
    while (this.#port) {
      const unread = receiveMessageOnPort(this.#port);
      if (unread === undefined) break;
      this.#hear(unread.message);
    }
    this.#port?.close();
    this.#port = undefined;
    if (!this.#settled) this.fail(failed(this.tool, this.endedBy ?? how));
    this.#conclude();
  }

  #hear(frame: ToolUp): void {
    if (frame.kind === 'begun') this.threadId = frame.threadId;
    if (this.#settled) return;
    switch (frame.kind) {
      case 'begun':
        return;
      case 'chunk':
        return this.#options.onChunk?.(frame.chunk);
      case 'done':
        this.#settled = true;
        return this.#resolve(frame.result);
      case 'failed':
        return this.fail(fromFault(frame.fault, this.#options.agentId));
    }
  }

  #say(frame: ToolDown): void {
    this.#port?.postMessage(frame);
  }
}

function failed(tool: string, cause: Error | undefined): DrowseError {
  const text = `Tool ${tool} failed with the thread in which it ran: ${cause?.message}`;
  return new DrowseError('ERR_DROWSE_TOOL_FAILED', text, { cause });
}
