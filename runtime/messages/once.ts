import type { Packed } from '../../core/codec.ts';
import { DrowseError } from '../../core/errors.ts';
import { fingerprint } from '../../core/fingerprint.ts';
import type { Timers } from '../../core/timers.ts';
import type { Messages } from '../../storage/messages.ts';
import { checkKey } from '../settings.ts';
import { aborted, cancelOn, type Patience } from './cancellation.ts';
import type { Delivery } from './delivery.ts';

/** A message under an idempotency key. */
export interface Keyed {
  readonly agentId: string;
  readonly key: string;
  readonly fingerprint: string;
}

/** Throws `ERR_DROWSE_INVALID_OPTIONS` for a key that is none. */
export function keyedBy(agentId: string, key: string, fingerprint: string): Keyed {
  checkKey(key);
  return { agentId, key, fingerprint };
}

/** The same of a message of the host's own; undefined for one without a key. */
export function keyOf(verb: 'send' | 'tell', agentId: string, message: unknown, key?: string): Keyed | undefined {
  return key === undefined ? undefined : keyedBy(agentId, key, `${verb} ${fingerprint(message)}`);
}

/** A message that was given to its agent. */
export interface Given {
  readonly delivery: Delivery;
  readonly cancel: (why: DrowseError) => void;
}

interface Running extends Given {
  readonly fingerprint: string;
  callers: number;
}

export interface OnceOptions {
  readonly messages: Pick<Messages, 'answer'>;
  readonly timers: Timers;
  readonly now: () => number;
  readonly retentionMs: number;
  /** What is numbered below is being deleted with its agent: a repeat is the next agent's. */
  readonly deletedBelow: (agentId: string) => number;
}

/** Sees to it that a message under a key is processed once, however often it comes: later ones join it, or get its reply. */
export class Once {
  readonly #options: OnceOptions;
  readonly #sends = new Map<string, Running>();
  readonly #tells = new Map<string, { readonly fingerprint: string; readonly written: Promise<void> }>();

  constructor(options: OnceOptions) {
    this.#options = options;
  }

  /** The agent is being deleted: what runs is none of what comes now. */
  forget(agentId: string): void {
    for (const running of [this.#sends, this.#tells])
      for (const name of running.keys()) if (name.startsWith(`${agentId}\0`)) running.delete(name);
  }

  /**
   * The reply of the message, encoded, which `give` gives to its agent unless one under the same key runs or has been answered.
   * Rejects with `ERR_DROWSE_IDEMPOTENCY_MISMATCH` where that was another message. A caller who gives up leaves the
   * others; the last one cancels.
   */
  async send(keyed: Keyed, patience: Patience, give: () => Given): Promise<Packed> {
    const name = nameOf(keyed);
    let running = this.#sends.get(name);
    // What has been cancelled is to end first: it may have committed after all.
    for (; running?.delivery.cancelled; running = this.#sends.get(name)) {
      await running.delivery.reply.catch(() => undefined);
    }
    if (patience.signal?.aborted) throw aborted(patience.signal);
    const other = running ?? this.#tells.get(name);
    if (other) mustMatch(keyed, other.fingerprint);
    if (running === undefined) {
      const answer = this.#answer(keyed);
      if (answer?.reply) return answer.reply;
      running = { ...give(), fingerprint: keyed.fingerprint, callers: 0 };
      if (!running.delivery.settled) this.#sends.set(name, running);
      const mine = running;
      running.delivery.onSettled(() => {
        if (this.#sends.get(name) === mine) this.#sends.delete(name);
      });
    }
    return this.#attend(running, patience);
  }

  /** Has `write` store the message, unless one under the same key is stored. Rejects like {@link send}. */
  async tell(keyed: Keyed, write: () => Promise<void>): Promise<void> {
    const name = nameOf(keyed);
    const running = this.#tells.get(name);
    const other = running ?? this.#sends.get(name);
    if (other) mustMatch(keyed, other.fingerprint);
    if (running) return running.written;
    if (this.#answer(keyed)) return;
    const written = write();
    const mine = { fingerprint: keyed.fingerprint, written };
    this.#tells.set(name, mine);
    await written.finally(() => {
      if (this.#tells.get(name) === mine) this.#tells.delete(name);
    });
  }

  #answer(keyed: Keyed): ReturnType<Messages['answer']> {
    const { messages, now, retentionMs, deletedBelow } = this.#options;
    const answer = messages.answer(keyed.agentId, keyed.key);
    if (answer === undefined || answer.at + retentionMs < now()) return undefined;
    if (answer.number < deletedBelow(keyed.agentId)) return undefined;
    mustMatch(keyed, answer.fingerprint);
    return answer;
  }

  #attend(running: Running, patience: Patience): Promise<Packed> {
    const { promise, resolve, reject } = Promise.withResolvers<Packed>();
    const { delivery, cancel } = running;
    let left = false;
    running.callers += 1;
    delivery.reply.then(resolve, reject);
    cancelOn(patience, delivery, this.#options.timers, (why) => {
      if (left) return;
      left = true;
      running.callers -= 1;
      if (running.callers > 0) reject(why);
      else cancel(why);
    });
    return promise;
  }
}

function nameOf({ agentId, key }: Keyed): string {
  return `${agentId}\0${key}`;
}

function mustMatch({ agentId, key, fingerprint }: Keyed, first: string): void {
  if (fingerprint === first) return;
  throw new DrowseError(
    'ERR_DROWSE_IDEMPOTENCY_MISMATCH',
    `The idempotency key ${JSON.stringify(key)} was used for another message to ${agentId}. Give each message a key of its own.`,
    { agentId },
  );
}
