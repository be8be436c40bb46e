import type { Database, Operation } from './database.ts';
import { unsealNumber } from './envelope.ts';
import type { GroupCommit } from './group-commit.ts';
import { agentIdOf, generationRange, tombstoneKey, tombstoneRange } from './keys.ts';

/** Keys cleared in one commit: little enough that the commits of agents hardly wait for it. */
const PAGE = 500;

/**
 * Clears in the background what tombstones declare dead, one agent at a time, then the tombstone. Whatever stops it
 * loses nothing: a tombstone that is left is found when the store is next opened, or replaced by the agent's next one.
 *
 * It deletes through the group commit, key by key, and not with LevelDB's own range delete: that is a write of its own,
 * and one that failed unseen would take the commits behind it along.
 */
export class Sweeper {
  readonly #database: Database;
  readonly #commits: GroupCommit<Operation>;
  /** The newest generation each agent's tombstone names, among those not swept yet. */
  readonly #dead = new Map<string, number>();
  /** Only tombstones known to be written: a sweep that ran ahead of one whose write fails would clear what is alive. */
  readonly #due: { readonly agentId: string; readonly generation: number }[] = [];
  #running: Promise<void> | undefined;

  constructor(database: Database, commits: GroupCommit<Operation>) {
    this.#database = database;
    this.#commits = commits;
  }

  /**
   * To be called as the tombstone is handed to the group commit, whose promise is `committed`: from then on the
   * sweeping of an older tombstone of this agent, which may be under way, leaves the tombstone in place.
   */
  sweep(agentId: string, generation: number, committed: Promise<void>): void {
    this.#dead.set(agentId, generation);
    committed.then(
      () => {
        this.#due.push({ agentId, generation });
        this.#running ??= this.#run();
      },
      () => this.#dead.delete(agentId),
    );
  }

  /** Takes up what an earlier process left. */
  async resume(): Promise<void> {
    for await (const [key, sealed] of this.#database.level.iterator(tombstoneRange())) {
      const agentId = agentIdOf(key);
      const generation = readTombstone(sealed);
      // A newer one, made since the iterator was, is not to be lowered. A damaged one does no harm where it is.
      if (generation !== undefined && !this.#dead.has(agentId)) this.sweep(agentId, generation, Promise.resolve());
    }
  }

  /** Resolves when nothing is being swept. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let tombstone = this.#due.shift(); tombstone !== undefined; tombstone = this.#due.shift()) {
      const { agentId, generation } = tombstone;
      if (this.#commits.closed) break;
      try {
        if (this.#dead.get(agentId) === generation) await this.#clear(agentId, generation);
      } catch {
        this.#dead.delete(agentId);
      }
    }
    this.#running = undefined;
  }

  async #clear(agentId: string, generation: number): Promise<void> {
    const range = generationRange(agentId, generation);
    for (let from = range.gte, more = true; more; ) {
      const keys = await this.#database.level.keys({ gte: from, lt: range.lt, limit: PAGE }).all();
      more = keys.length === PAGE;
      from = keys.at(-1) ?? from;
      if (!more && this.#dead.get(agentId) === generation) {
        keys.push(tombstoneKey(agentId));
        this.#dead.delete(agentId);
      }
      const bytes = keys.reduce((sum, key) => sum + key.length, 0);
      const operations = keys.map((key) => ({ kind: 'del', key }) as const);
      if (keys.length > 0) await this.#commits.commit(operations, bytes);
    }
  }
}

function readTombstone(sealed: Buffer): number | undefined {
  try {
    return unsealNumber(sealed, 'tombstone');
  } catch {
    return undefined;
  }
}
