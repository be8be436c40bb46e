import { asError, DrowseError } from '../core/errors.ts';
import { closedError } from './refusals.ts';

interface Batch<Operation> {
  readonly operations: Operation[];
  bytes: number;
  /** Whether none of its commits has to wait for the disk. */
  lightly: boolean;
  /** One promise for all commits of the batch: they settle together, in the order of their calls. */
  readonly done: PromiseWithResolvers<void>;
}

/**
 * Beyond this a batch takes no more: its transfer would outweigh the `fsync` it shares, and commits of a few bytes
 * would wait for it. A single larger commit makes a batch of its own.
 */
const MAX_BATCH_BYTES = 1024 * 1024;

/**
 * While one batch is being written, the next collects every agent's operations: one `fsync` serves them all. Batches
 * are written one at a time in the order of the commits, and a commit is never split. When idle, a commit is handed to
 * `write` before {@link commit} returns.
 *
 * When `write` rejects, its batch and all those collected behind it reject with `ERR_DROWSE_STORE_FAILED`: what was
 * built on a write that may be gone must not be written. The next commit starts afresh.
 */
export class GroupCommit<Operation> {
  readonly #write: (operations: readonly Operation[], lightly: boolean) => Promise<void>;
  readonly #maxBatchBytes: number;
  readonly #waiting: Batch<Operation>[] = [];
  #busy = false;
  /** The newest run of writes; over when not busy. */
  #writing: Promise<void> | undefined;
  #closed = false;
  #failures = 0;
  #writes = 0;

  constructor(
    write: (operations: readonly Operation[], lightly: boolean) => Promise<void>,
    maxBatchBytes: number = MAX_BATCH_BYTES,
  ) {
    this.#write = write;
    this.#maxBatchBytes = maxBatchBytes;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The number of the write under way; undefined where none is. */
  get writing(): number | undefined {
    return this.#busy ? this.#writes : undefined;
  }

  /**
   * How many writes have failed. It grows before any commit rejects, so that who has a commit under way can tell, whatever
   * its promise says yet, that nothing may be built upon it.
   */
  get failures(): number {
    return this.#failures;
  }

  /**
   * Writes the operations, `bytes` of them, in one batch; a batch of nothing but `lightly` made commits does not wait for
   * the disk. Rejects with `ERR_DROWSE_CLOSED` after {@link close}.
   */
  commit(operations: readonly Operation[], bytes: number, lightly = false): Promise<void> {
    if (this.#closed) return Promise.reject(closedError());
    let batch = this.#waiting.at(-1);
    if (batch === undefined || batch.bytes + bytes > this.#maxBatchBytes) {
      batch = { operations: [], bytes: 0, lightly: true, done: Promise.withResolvers() };
      this.#waiting.push(batch);
    }
    for (const operation of operations) batch.operations.push(operation);
    batch.bytes += bytes;
    batch.lightly &&= lightly;
    if (!this.#busy) this.#writing = this.#writeAll();
    return batch.done.promise;
  }

  /** Takes no more commits; resolves once those taken have settled. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    this.#busy = true;
    for (let batch = this.#waiting.shift(); batch !== undefined; batch = this.#waiting.shift()) {
      this.#writes += 1;
      try {
        await this.#write(batch.operations, batch.lightly);
        batch.done.resolve();
      } catch (cause) {
        this.#failures += 1;
        const behind = this.#waiting.splice(0);
        batch.done.reject(unknownOutcome(cause));
        for (const { done } of behind) done.reject(neverWritten(cause));
      }
    }
    this.#busy = false;
  }
}

function unknownOutcome(cause: unknown): DrowseError {
  if (cause instanceof DrowseError) return cause;
  const text = `A write failed, and its outcome is unknown: ${asError(cause).message}`;
  return new DrowseError('ERR_DROWSE_STORE_FAILED', text, { cause });
}

function neverWritten(cause: unknown): DrowseError {
  const text = `Nothing was written, because a write before it failed: ${asError(cause).message}`;
  return new DrowseError('ERR_DROWSE_STORE_FAILED', text, { cause });
}
