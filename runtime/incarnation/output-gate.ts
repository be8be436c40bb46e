import { asError } from '../../core/errors.ts';
import { aborted } from '../messages/cancellation.ts';

interface Passing {
  readonly leave: () => void;
  readonly refuse: (cause: Error) => void;
}

/**
 * What a turn says leaves after its own write and all earlier ones are durable, or not at all. One gate serves one
 * incarnation, whose writes settle in the order they were made.
 */
export class OutputGate {
  readonly #onFailed: (cause: Error) => void;
  /** Called when the last write under way has succeeded. */
  readonly #onClear: () => void;
  #underWay = 0;
  #newest: Promise<void> = Promise.resolve();
  /** What waits for it. */
  #passing: Passing[] = [];
  #failed: Error | undefined;

  constructor(onFailed: (cause: Error) => void, onClear: () => void) {
    this.#onFailed = onFailed;
    this.#onClear = onClear;
  }

  /** Whether writes are under way. */
  get busy(): boolean {
    return this.#underWay > 0;
  }

  /** Whether a write has failed: what the thread holds is ahead of the disk. */
  get failed(): boolean {
    return this.#failed !== undefined;
  }

  /** Everything said from now on waits for this write too. */
  add(write: Promise<void>): void {
    this.#underWay += 1;
    this.#newest = write;
    const passing: Passing[] = [];
    this.#passing = passing;
    write.then(
      () => {
        for (const { leave } of passing) leave();
        this.#underWay -= 1;
        if (this.#underWay === 0) this.#onClear();
      },
      (cause) => {
        this.#underWay -= 1;
        const failed = asError(cause);
        this.#failed ??= failed;
        this.#onFailed(this.#failed);
        for (const { refuse } of passing) refuse(failed);
      },
    );
  }

  /** Calls `leave` once everything written so far is durable, or `refuse` if any of it failed. */
  pass(leave: () => void, refuse: (cause: Error) => void): void {
    if (this.#failed) refuse(this.#failed);
    else if (this.#underWay === 0) leave();
    else this.#passing.push({ leave, refuse });
  }

  /**
   * Resolves once what is said now may leave; undefined where that is at once. Rejects if it must not, or once the signal is
   * aborted.
   */
  passage(signal?: AbortSignal): Promise<void> | undefined {
    if (!this.busy && !this.failed) return undefined;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const cancel = () => reject(aborted(signal as AbortSignal));
    signal?.addEventListener('abort', cancel);
    this.pass(resolve, reject);
    return promise.finally(() => signal?.removeEventListener('abort', cancel));
  }

  /** Resolves when no write is under way any more, however they ended. */
  async settled(): Promise<void> {
    await this.#newest.catch(() => {});
  }
}
