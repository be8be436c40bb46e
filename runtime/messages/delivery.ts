import { decode, type Packed } from '../../core/codec.ts';
import { DrowseError } from '../../core/errors.ts';
import { monotonicMs } from '../../core/monotonic.ts';
import { type Chain, NOBODY } from './chain.ts';
import type { Durable } from './durable.ts';
import type { Reader } from './reader.ts';

/** What is known of a message as it is accepted. */
export interface Acceptance {
  /** Its place in the order of arrival, durable messages included. */
  readonly number: number;
  /** When it was sent, on the clock's `elapsed()` scale. */
  readonly sentAt: number;
  /** How long its caller waits, from now; left out where that is not one caller's to say. */
  readonly timeoutMs?: number;
  /** Set where its reply is to be kept. */
  readonly once?: { readonly key: string; readonly fingerprint: string };
  /** The agents whose turns led to it; default none. */
  readonly chain?: Chain;
  /** How many of those, the last, wait for its reply; default none. */
  readonly awaitedBy?: number;
  /** Set where it is a durable message, whose reply nobody awaits. */
  readonly durable?: Durable;
  /** Set where somebody reads what its turn yields. */
  readonly reader?: Reader | undefined;
}

/**
 * One message on its way to an agent and back. Whoever settles it first decides: everything later is ignored, so that a
 * reply, a crash and a timeout may race freely.
 */
export class Delivery {
  readonly body: Packed;
  readonly number: number;
  readonly sentAt: number;
  readonly timeoutMs: number | undefined;
  /** When nobody waits for its reply any more, on the scale of {@link monotonicMs}. */
  readonly deadline: number | undefined;
  readonly once: Acceptance['once'];
  readonly chain: Chain;
  readonly awaitedBy: number;
  readonly durable: Durable | undefined;
  readonly reader: Reader | undefined;
  /** Whether a rejection is no fault of the message: it then does not count as an attempt. */
  spared = false;
  /** Whether a rejection is the message's own fault: no other attempt would end better. */
  hopeless = false;
  /** The reply, encoded. */
  readonly reply: Promise<Packed>;
  /** Why it was cancelled, once it was: what the caller is told if the turn does roll back. */
  cancelled: DrowseError | undefined;
  readonly #resolve: (reply: Packed) => void;
  readonly #reject: (error: Error) => void;
  readonly #onSettled: Array<() => void> = [];
  #settled = false;

  constructor(
    body: Packed,
    { number, sentAt, timeoutMs, once, chain = NOBODY, awaitedBy = 0, durable, reader }: Acceptance,
  ) {
    this.body = body;
    this.number = number;
    this.sentAt = sentAt;
    this.timeoutMs = timeoutMs;
    this.deadline = timeoutMs === undefined ? undefined : monotonicMs() + timeoutMs;
    this.once = once;
    this.chain = chain;
    this.awaitedBy = awaitedBy;
    this.durable = durable;
    this.reader = reader;
    const { promise, resolve, reject } = Promise.withResolvers<Packed>();
    this.reply = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get settled(): boolean {
    return this.#settled;
  }

  resolve(reply: Packed): void {
    if (this.#settle()) this.#resolve(reply);
  }

  reject(error: Error): void {
    if (this.#settle()) this.#reject(error);
  }

  /** Rejects, for a reason that lies elsewhere. */
  spare(error: Error): void {
    this.spared = true;
    this.reject(error);
  }

  /** Calls `run` once the outcome is known, whatever it is. */
  onSettled(run: () => void): void {
    this.#onSettled.push(run);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    for (const run of this.#onSettled) run();
    return true;
  }
}

/** What a reply says. Throws `ERR_DROWSE_NOT_SERIALIZABLE` where it is nested too deeply for this thread's stack. */
export function readReply(reply: Packed): unknown {
  try {
    return decode(reply);
  } catch (cause) {
    const text = 'The turn committed, but its reply cannot be read: it is nested too deeply.';
    throw new DrowseError('ERR_DROWSE_NOT_SERIALIZABLE', text, { cause });
  }
}
