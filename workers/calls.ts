import { decode } from '../core/codec.ts';
import { DrowseError } from '../core/errors.ts';
import { fromFault } from '../core/fault.ts';
import { fingerprint } from '../core/fingerprint.ts';
import { packMessage } from '../core/pack-message.ts';
import type { CallOptions } from './define-agent.ts';
import { undraft } from './drafts.ts';
import { packOutward } from './outward.ts';
import type { Call, Down } from './protocol.ts';
import { addressOf, type Reach } from './reach.ts';

type Answered = Extract<Down, { call: number }>;

/** How many of an agent's messages may wait for replies at a time. */
const MAX_CALLS = 1_000;

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
    if (this.#open.size >= MAX_CALLS) throw tooMany();
    const to = addressOf(agentId, reach);
    const body = packMessage(message, reach, packOutward);
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

function tooMany(): DrowseError {
  const text = `${MAX_CALLS} messages of this agent wait for replies already. Await some of them first, or tell.`;
  return new DrowseError('ERR_DROWSE_OVERLOADED', text);
}
