import { readdir } from 'node:fs/promises';
import { Level } from 'level';
import { asError, DrowseError } from '../core/errors.ts';
import { sealNumber, unsealNumber } from './envelope.ts';
import { FORMAT_KEY, headRange, TOTAL_KEY } from './keys.ts';
import { closedError } from './refusals.ts';
import type { Durability } from './store.ts';

/** One step of a batch. `count` changes the number of agents; it is written once per batch, whatever the steps. */
export type Operation =
  | { readonly kind: 'put'; readonly key: Buffer; readonly value: Buffer }
  | { readonly kind: 'del'; readonly key: Buffer }
  | { readonly kind: 'count'; readonly by: 1 | -1 };

const FORMAT = 1;

/**
 * The LevelDB database of a store: its lock, its format, the number of its agents, and its recovery from failed
 * writes. After one, LevelDB goes on acknowledging writes that are gone at the next open, so the database is closed
 * and opened again before it is read or written; what fails meanwhile fails with `ERR_DROWSE_STORE_FAILED`.
 */
export class Database {
  readonly level: Level<Buffer, Buffer>;
  readonly #directory: string;
  readonly #write: { readonly sync: boolean };
  #total = 0;
  #failures = 0;
  #broken = false;
  #closed = false;
  #reopening: Promise<void> | undefined;

  private constructor(directory: string, durability: Durability) {
    this.#directory = directory;
    this.#write = { sync: durability === 'fsync' };
    this.level = new Level(directory, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  }

  /**
   * Opens the database, making it and its directory where there is none. Rejects with `ERR_DROWSE_STORE_LOCKED` while
   * another one holds it, else with `ERR_DROWSE_STORE_FAILED`.
   */
  static async open(directory: string, durability: Durability): Promise<Database> {
    // First of all: LevelDB opens by itself once the object is made.
    await mustHaveCurrent(directory);
    const database = new Database(directory, durability);
    try {
      await database.level.open();
      await database.#load();
      return database;
    } catch (error) {
      await database.level.close();
      throw database.#openFailure(error);
    }
  }

  /** How many agents exist. */
  get total(): number {
    return this.#total;
  }

  /** How many writes have failed. What was read before the newest failure says nothing of what is on disk. */
  get failures(): number {
    return this.#failures;
  }

  /** Undefined, or the reopening to be awaited before anything is read. */
  ready(): Promise<void> | undefined {
    if (!this.#broken) return undefined;
    this.#reopening ??= this.#reopen().finally(() => {
      this.#reopening = undefined;
    });
    return this.#reopening;
  }

  /** Writes all of the operations or none. One call at a time. */
  async write(operations: readonly Operation[]): Promise<void> {
    if (this.#broken) await this.ready();
    try {
      // A chained batch costs the main thread a quarter of what an array of operations does.
      const batch = this.level.batch();
      let total = this.#total;
      for (const operation of operations) {
        if (operation.kind === 'put') batch.put(operation.key, operation.value);
        else if (operation.kind === 'del') batch.del(operation.key);
        else total += operation.by;
      }
      if (total !== this.#total) batch.put(TOTAL_KEY, sealNumber(total));
      await batch.write(this.#write);
      this.#total = total;
    } catch (error) {
      this.#broken = true;
      this.#failures += 1;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#reopening?.catch(() => undefined);
    await this.level.close();
  }

  async #reopen(): Promise<void> {
    if (this.#closed) throw closedError();
    try {
      await this.level.close();
      await mustHaveCurrent(this.#directory);
      await this.level.open();
      await this.#load();
      this.#broken = false;
    } catch (cause) {
      const text = `The store in ${this.#directory} failed and cannot be opened again: ${innermost(cause).message}`;
      throw new DrowseError('ERR_DROWSE_STORE_FAILED', text, { cause });
    }
  }

  async #load(): Promise<void> {
    const format = this.level.getSync(FORMAT_KEY);
    if (format === undefined) await this.#claimEmpty();
    else this.#checkFormat(format.toString());
    this.#total = await this.#readTotal();
  }

  async #claimEmpty(): Promise<void> {
    const [foreign] = await this.level.keys({ limit: 1 }).all();
    if (foreign) throw storeFailed(`${this.#directory} holds a LevelDB database that drowse did not make.`);
    await this.level.put(FORMAT_KEY, Buffer.from(String(FORMAT)), this.#write);
  }

  #checkFormat(text: string): void {
    const format = Number(text);
    if (format === FORMAT) return;
    throw storeFailed(
      format > FORMAT
        ? `The store in ${this.#directory} has format ${format}, made by a newer drowse; this one reads ${FORMAT}. Upgrade.`
        : `The store in ${this.#directory} has the unknown format ${JSON.stringify(text)}.`,
    );
  }

  /** Counts the heads where the counter is damaged: it is only there to save that. */
  async #readTotal(): Promise<number> {
    const sealed = this.level.getSync(TOTAL_KEY);
    if (sealed === undefined) return 0;
    try {
      return unsealNumber(sealed, 'total');
    } catch {
      let total = 0;
      for await (const _ of this.level.keys(headRange(''))) total += 1;
      return total;
    }
  }

  #openFailure(error: unknown): DrowseError {
    if (error instanceof DrowseError) return error;
    const cause = innermost(error);
    if ('code' in cause && cause.code === 'LEVEL_LOCKED') {
      return new DrowseError('ERR_DROWSE_STORE_LOCKED', `Another supervisor holds ${this.#directory}.`, { cause });
    }
    return storeFailed(`The store in ${this.#directory} cannot be opened: ${cause.message}`, cause);
  }
}

/** LevelDB takes a directory whose CURRENT is gone for an empty one, and would delete the tables in it. */
async function mustHaveCurrent(directory: string): Promise<void> {
  const files: string[] = await readdir(directory).catch(() => []);
  if (files.includes('CURRENT') || !files.some((file) => /^MANIFEST-|\.ldb$|\.log$/.test(file))) return;
  throw storeFailed(
    `${directory} holds a LevelDB database whose file CURRENT is missing. Nothing was touched: ask \`drowse doctor --store\`.`,
  );
}

/** LevelDB's own error, which abstract-level wraps in "Database failed to open". */
function innermost(thrown: unknown): Error {
  const error = asError(thrown);
  return error.cause instanceof Error ? error.cause : error;
}

function storeFailed(text: string, cause?: unknown): DrowseError {
  return new DrowseError('ERR_DROWSE_STORE_FAILED', text, cause === undefined ? {} : { cause });
}
