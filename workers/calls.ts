import { decode } from '../core/codec.ts';
import { fromFault } from '../core/fault.ts';
import { fingerprint } from '../core/fingerprint.ts';
import type { CallOptions } from './define-agent.ts';
import { undraft } from './drafts.ts';
import type { Call, Down } from './protocol.ts';
import { addressOf, encodeMessage, type Reach } from './reach.ts';

type Answered = Extract<Down, { call: number }>;

/** The messages that this agent's turns have sent and wait for the replies of. */
export class Calls {
  readonly #post: (call: Call) => void;
  readonly #open = new Map<number, { readonly to: string; readonly reply: PromiseWithResolvers<unknown> }>();
  #last = 0;

  constructor(post: (call: Call) => void) {
    this.#post = post;
  }

  /** Sends a message from the turn of that number. */
  send(turn: number, reach: Reach, agentId: string, message: unknown, options: CallOptions): Promise<unknown> {
    const to = addressOf(agentId, reach);
    const body = encodeMessage(message, reach);
    const { timeoutMs, idempotencyKey: key } = options;
    const once = key === undefined ? undefined : { key, fingerprint: `send ${fingerprint(undraft(message))}` };
    this.#last += 1;
    const call = this.#last;
    const reply = Promise.withResolvers<unknown>();
    this.#open.set(call, { to, reply });
    this.#post({ kind: 'call', call, turn, to, body, timeoutMs, once });
    return reply.promise;
  }

  settle(frame: Answered): void {
    const call = this.#open.get(frame.call);
    this.#open.delete(frame.call);
    if (call === undefined) return;
    if (frame.kind === 'refused') call.reply.reject(fromFault(frame.fault, call.to));
    else call.reply.resolve(decode(frame.reply));
  }
}
