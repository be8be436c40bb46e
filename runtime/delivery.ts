import { decode } from '../core/codec.ts';
import { DrowseError } from '../core/errors.ts';

/**
 * One message on its way to an agent and back. Whoever settles it first decides: everything later is ignored, so that a
 * reply, a crash and a timeout may race freely.
 */
export class Delivery {
  readonly body: Uint8Array;
  /** When it was sent, on the clock's `elapsed()` scale. */
  readonly sentAt: number;
  /** The reply, as the caller sees it. */
  readonly reply: Promise<unknown>;
  /** Why it was cancelled, once it was: what the caller is told if the turn does roll back. */
  cancelled: DrowseError | undefined;
  readonly #resolve: (reply: unknown) => void;
  readonly #reject: (error: Error) => void;
  readonly #onSettled: Array<() => void> = [];
  #settled = false;

  constructor(body: Uint8Array, sentAt: number) {
    this.body = body;
    this.sentAt = sentAt;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.reply = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** Settles with the reply, or with `ERR_DROWSE_NOT_SERIALIZABLE` where it is nested too deeply for this thread's stack. */
  resolve(reply: Uint8Array): void {
    if (!this.#settle()) return;
    try {
      this.#resolve(decode(reply));
    } catch (cause) {
      const text = 'The turn committed, but its reply cannot be read: it is nested too deeply.';
      this.#reject(new DrowseError('ERR_DROWSE_NOT_SERIALIZABLE', text, { cause }));
    }
  }

  reject(error: Error): void {
    if (this.#settle()) this.#reject(error);
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
