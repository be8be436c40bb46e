import { type Clock, systemClock } from '../core/clock.ts';
import { asError, DrowseError } from '../core/errors.ts';
import { Claim, type Claims } from './claim.ts';
import { commitsOf, del, put, weigh } from './commits.ts';
import { Database } from './database.ts';
import { sealNumber } from './envelope.ts';
import { unsealHead } from './head.ts';
import { deadGeneration, liveGeneration, readKept } from './kept.ts';
import { agentIdOf, headKey, headRange, purgeKey, tombstoneKey } from './keys.ts';
import { LevelJournal, type WritePath } from './level-journal.ts';
import { LevelMessages } from './level-messages.ts';
import { purgedAtLeast } from './purged.ts';
import { closedError } from './refusals.ts';
import type { Durability, Listed, ListQuery, Opened, Store, Stored } from './store.ts';
import { clearingAlarms, Sweeper } from './sweeper.ts';
import { sealTombstone } from './tombstone.ts';

export interface LevelStoreOptions {
  /** Made where there is none. One process at a time can hold it. */
  readonly directory: string;
  readonly durability: Durability;
  readonly clock?: Pick<Clock, 'now'>;
}

/**
 * A store in one LevelDB directory. All agents' writes share group commits. After a failed write the database is
 * opened again; the journals whose writes failed reject with `ERR_DROWSE_STORE_FAILED`, and their owners open anew. An
 * agent that nobody holds takes no memory.
 */
export class LevelStore implements Store {
  readonly messages: LevelMessages;
  readonly #path: WritePath;
  readonly #claims: Claims = new Map();
  readonly #resumed: Promise<void>;

  protected constructor(database: Database, clock: Pick<Clock, 'now'>) {
    const commits = commitsOf(database);
    const sweeper = new Sweeper(database, commits);
    this.#path = { database, commits, sweeper, clock };
    this.messages = new LevelMessages(database, commits, (error) => this.#explain(error));
    // Where it stops half-way, the next open of the store takes it up again.
    this.#resumed = sweeper.resume().catch(() => undefined);
  }

  /**
   * Rejects with `ERR_DROWSE_STORE_LOCKED` while another one holds the directory, and with `ERR_DROWSE_STORE_FAILED`
   * where it cannot be opened or a newer drowse made it.
   */
  static async open({ directory, durability, clock = systemClock }: LevelStoreOptions): Promise<LevelStore> {
    return new LevelStore(await Database.open(directory, durability), clock);
  }

  get total(): number {
    return this.#path.database.total;
  }

  get writing(): number | undefined {
    return this.#path.commits.writing;
  }

  async open(agentId: string): Promise<Opened> {
    this.#assertOpen();
    const claim = new Claim(this.#claims, agentId);
    try {
      await claim.settled();
      const { level } = await this.#ready();
      const [kept, pending] = await Promise.all([readKept(level, agentId), this.messages.pending(agentId)]);
      const generation = kept?.head.generation ?? (await deadGeneration(level, agentId));
      const position = { sequence: kept?.stored.sequence ?? 0, generation, head: kept?.head };
      return { journal: new LevelJournal(this.#path, claim, position), stored: kept?.stored, pending };
    } catch (error) {
      claim.release();
      throw this.#explain(error);
    }
  }

  async read(agentId: string): Promise<Stored | undefined> {
    this.#assertOpen();
    try {
      const { level } = await this.#ready();
      return (await readKept(level, agentId))?.stored;
    } catch (error) {
      throw this.#explain(error);
    }
  }

  async *list(query: ListQuery = {}): AsyncGenerator<Listed, void> {
    this.#assertOpen();
    const { prefix = '', after, limit = Number.POSITIVE_INFINITY } = query;
    const range = headRange(prefix);
    const start = after === undefined ? undefined : headKey(after);
    const from = start && Buffer.compare(start, range.gte) >= 0 ? { gt: start } : { gte: range.gte };
    try {
      const { level } = await this.#ready();
      for await (const [key, sealed] of level.iterator({ ...from, lt: range.lt, limit })) {
        yield { agentId: agentIdOf(key), createdAt: createdAt(sealed) };
      }
    } catch (error) {
      throw this.#explain(error);
    }
  }

  async delete(agentId: string, before?: number): Promise<boolean> {
    this.#assertOpen();
    // At the call: what is told from now on is told to a namesake.
    const bound = before ?? this.messages.nextNumber();
    const claim = new Claim(this.#claims, agentId);
    const deleted = this.#delete(agentId, claim.settled(), bound);
    claim.track(deleted);
    claim.release();
    try {
      return await deleted;
    } catch (error) {
      throw this.#explain(error);
    }
  }

  async close(): Promise<void> {
    const { commits, sweeper, database } = this.#path;
    await commits.close();
    await Promise.all([this.#resumed, sweeper.idle()]);
    await database.close();
  }

  async #delete(agentId: string, settled: Promise<unknown> | undefined, before: number): Promise<boolean> {
    await settled;
    const { level } = await this.#ready();
    const generation = await liveGeneration(level, agentId);
    // An older mark that is not swept yet is not to be lowered.
    const purged = Math.max(before, purgedAtLeast(level, agentId));
    const operations = [put(purgeKey(agentId), sealNumber(purged)), ...(await clearingAlarms(level, agentId, purged))];
    if (generation !== undefined) {
      const tombstone = put(tombstoneKey(agentId), sealTombstone({ generation }));
      operations.push(del(headKey(agentId)), { kind: 'count', by: -1 }, tombstone);
    }
    const committed = this.#path.commits.commit(operations, weigh(operations));
    if (generation !== undefined) this.#path.sweeper.sweep(agentId, generation, committed);
    this.#path.sweeper.purge(agentId, purged, committed);
    await committed;
    return generation !== undefined;
  }

  /** The database, opened again where a write has failed. */
  async #ready(): Promise<Database> {
    const { database } = this.#path;
    await database.ready();
    return database;
  }

  #assertOpen(): void {
    if (this.#path.commits.closed) throw closedError();
  }

  #explain(error: unknown): DrowseError {
    if (error instanceof DrowseError) return error;
    if (this.#path.commits.closed) return closedError();
    const text = `Reading the store failed: ${asError(error).message}`;
    return new DrowseError('ERR_DROWSE_STORE_FAILED', text, { cause: error });
  }
}

/** An agent whose head is damaged is listed all the same: opening it says what is wrong. */
function createdAt(sealed: Buffer): number | undefined {
  try {
    return unsealHead(sealed).createdAt;
  } catch {
    return undefined;
  }
}
