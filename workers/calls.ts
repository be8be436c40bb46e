import { type AgentStream, IncomingStream } from '../core/agent-stream.ts';
import { bytesOf, decode, type Packed } from '../core/codec.ts';
import { DrowseError } from '../core/errors.ts';
import { fromFault } from '../core/fault.ts';
import { fingerprint } from '../core/fingerprint.ts';
import { packMessage } from '../core/pack-message.ts';
import type { CallOptions } from './define-agent.ts';
import { undraft } from './drafts.ts';
import { packOutward } from './outward.ts';
import { BACKGROUND, type Call, type Down, type Telling, type ToolRequest, type Up } from './protocol.ts';
import { addressOf, type Reach } from './reach.ts';
import type { ToolKind } from './tool-protocol.ts';

type Answered = Extract<Down, { kind: 'replied' | 'refused' }>;

type Unnumbered<Asked> = Omit<Asked, 'call' | 'streams'>;

type Order = Unnumbered<Call> | Unnumbered<ToolRequest> | Unnumbered<Telling>;

interface Open {
  readonly turn: number;
  /** The agent that answers, or for which a tool does. */
  readonly agentId: string;
  readonly reply: PromiseWithResolvers<unknown>;
  stream?: IncomingStream<unknown, unknown>;
}

/** How many of an agent's messages may wait for replies at a time. */
const MAX_CALLS = 1_000;

/** The messages that this agent's turns have sent and wait for the replies of. */
export class Calls {
  readonly #post: (frame: Up) => void;
  readonly #open = new Map<number, Open>();
  #last = 0;

  constructor(post: (frame: Up) => void) {
    this.#post = post;
  }

  /** Sends a message from the turn of that number. */
  send(turn: number, reach: Reach, agentId: string, message: unknown, options: CallOptions): Promise<unknown> {
    const order = orderOf(turn, reach, agentId, message, options);
    return this.#call(order, order.to, false).reply.promise;
  }

  /** Sends one whose answer is read as it comes. */
  stream(
    turn: number,
    reach: Reach,
    agentId: string,
    message: unknown,
    options: CallOptions,
  ): AgentStream<unknown, unknown> {
    const order = orderOf(turn, reach, agentId, message, options);
    return this.#stream(order, order.to);
  }

  /** Calls a tool from the turn of that number. Its answer is a promise or a stream, by its kind. */
  use(
    turn: number,
    tool: string,
    kind: ToolKind,
    args: readonly unknown[],
    reach: Reach & { readonly agentId: string },
  ): unknown {
    const packed = packMessage(args, reach, (list) => packOutward(list, 'arguments'));
    const order = { kind: 'tool' as const, turn, tool, args: packed };
    return kind === 'stream'
      ? this.#stream(order, reach.agentId)
      : this.#call(order, reach.agentId, false).reply.promise;
  }

  /** Tells an agent a durable message that is part of no turn. Resolves once it is on disk; throws where it is refused. */
  tell(reach: Reach, agentId: string, message: unknown): Promise<unknown> {
    const to = addressOf(agentId, reach);
    const body = bytesOf(packMessage(message, reach, packOutward));
    return this.#call({ kind: 'tell', turn: BACKGROUND, to, body }, to, false).reply.promise;
  }

  push({ call, chunk }: { call: number; chunk: Packed }): void {
    this.#open.get(call)?.stream?.push(chunk);
  }

  settle(frame: Answered): void {
    const call = this.#open.get(frame.call);
    this.#open.delete(frame.call);
    if (call === undefined) return;
    if (frame.kind === 'refused') call.reply.reject(fromFault(frame.fault, call.agentId));
    else call.reply.resolve(decode(frame.reply));
  }

  /** The turn of that number is over, and with it what it streams. Whoever reads on behind it is told so. */
  end(turn: number): void {
    for (const [call, { turn: caller, stream }] of this.#open)
      if (stream && caller === turn) this.#post({ kind: 'leave', call });
  }

  #stream(order: Order, agentId: string): AgentStream<unknown, unknown> {
    const open = this.#call(order, agentId, true);
    const call = this.#last;
    const source = {
      read: (count: number) => this.#post({ kind: 'read', call, count }),
      leave: () => this.#post({ kind: 'leave', call }),
    };
    open.stream = new IncomingStream(source, open.reply.promise);
    return open.stream;
  }

  #call(order: Order, agentId: string, streams: boolean): Open {
    if (this.#open.size >= MAX_CALLS) throw tooMany();
    this.#last += 1;
    const open = { turn: order.turn, agentId, reply: Promise.withResolvers<unknown>() };
    // First, as it throws for options that cannot be copied.
    this.#post({ ...order, call: this.#last, streams } as Up);
    this.#open.set(this.#last, open);
    return open;
  }
}

function orderOf(
  turn: number,
  reach: Reach,
  agentId: string,
  message: unknown,
  options: CallOptions,
): Unnumbered<Call> {
  const to = addressOf(agentId, reach);
  const body = packMessage(message, reach, packOutward);
  const { timeoutMs, idempotencyKey: key } = options;
  const once = key === undefined ? undefined : { key, fingerprint: `send ${fingerprint(undraft(message))}` };
  return { kind: 'call', turn, to, body, timeoutMs, once };
}

function tooMany(): DrowseError {
  const text = `${MAX_CALLS} messages of this agent wait for replies already. Await some of them first, or tell.`;
  return new DrowseError('ERR_DROWSE_OVERLOADED', text);
}
