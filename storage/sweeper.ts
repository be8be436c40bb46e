import { type Commits, del, weigh } from './commits.ts';
import type { Database, Operation } from './database.ts';
import { unsealNumber } from './envelope.ts';
import { verifySnapshot } from './kept.ts';
import {
  agentIdOf,
  alarmIndexKey,
  generationRange,
  parseRowKey,
  purgeKey,
  purgeRange,
  type Range,
  ROWS,
  type RowKind,
  rowRange,
  tombstoneKey,
  tombstoneRange,
} from './keys.ts';
import type { Alarm } from './messages.ts';
import { unsealRow } from './row.ts';
import { unsealTombstone } from './tombstone.ts';

/** Keys cleared in one commit: little enough that the commits of agents hardly wait for it. */
const PAGE = 500;

/** What is dead of an agent: of its data up to a generation, of its messages what is numbered below. */
interface Mark {
  readonly kind: 'data' | 'messages';
  readonly agentId: string;
  readonly upTo: number;
}

/**
 * Clears in the background what tombstones and purges declare dead, one agent at a time, then the mark. Whatever stops it
 * loses nothing: a mark that is left is found when the store is next opened, or replaced by the agent's next one. What
 * a snapshot replaced stays until that snapshot has been read back.
 *
 * It deletes through the group commit, key by key, and not with LevelDB's own range delete: that is a write of its own,
 * and one that failed unseen would take the commits behind it along.
 */
export class Sweeper {
  readonly #database: Database;
  readonly #commits: Commits;
  /** The newest mark under each key, among those not swept yet. */
  readonly #marks = new Map<string, Mark>();
  /** Only marks known to be written: a sweep that ran ahead of one whose write fails would clear what is alive. */
  readonly #due: Mark[] = [];
  #running: Promise<void> | undefined;

  constructor(database: Database, commits: Commits) {
    this.#database = database;
    this.#commits = commits;
  }

  /**
   * To be called as the tombstone is handed to the group commit, whose promise is `committed`: from then on the
   * sweeping of an older tombstone of this agent, which may be under way, leaves the tombstone in place.
   */
  sweep(agentId: string, generation: number, committed: Promise<void>): void {
    this.#add({ kind: 'data', agentId, upTo: generation }, committed);
  }

  /** The same for the purge of what is numbered below. */
  purge(agentId: string, below: number, committed: Promise<void>): void {
    this.#add({ kind: 'messages', agentId, upTo: below }, committed);
  }

  /** Takes up what an earlier process left. */
  async resume(): Promise<void> {
    await this.#resume('data', tombstoneRange(), (sealed) => unsealTombstone(sealed).generation);
    await this.#resume('messages', purgeRange(), (sealed) => unsealNumber(sealed, 'purge'));
  }

  /** Resolves when nothing is being swept. */
  async idle(): Promise<void> {
    await this.#running;
  }

  #add(mark: Mark, committed: Promise<void>): void {
    this.#marks.set(keyOf(mark).toString(), mark);
    committed.then(
      () => {
        this.#due.push(mark);
        this.#running ??= this.#run();
      },
      () => this.#forget(mark),
    );
  }

  async #resume(kind: Mark['kind'], range: Range, read: (sealed: Buffer) => number): Promise<void> {
    for await (const [key, sealed] of this.#database.level.iterator(range)) {
      const upTo = attempt(() => read(sealed));
      const mark = { kind, agentId: agentIdOf(key), upTo: upTo ?? 0 };
      // A newer one, made since the iterator was, is not to be lowered. A damaged one does no harm where it is.
      if (upTo !== undefined && !this.#marks.has(key.toString())) this.#add(mark, Promise.resolve());
    }
  }

  async #run(): Promise<void> {
    for (let mark = this.#due.shift(); mark !== undefined; mark = this.#due.shift()) {
      if (this.#commits.closed) break;
      try {
        if (this.#isNewest(mark)) await (mark.kind === 'data' ? this.#clearData(mark) : this.#clearMessages(mark));
      } catch {
        this.#forget(mark);
      }
    }
    this.#running = undefined;
  }

  async #clearData(mark: Mark): Promise<void> {
    await verifySnapshot(this.#database.level, mark.agentId);
    await this.#clearRange(generationRange(mark.agentId, mark.upTo), async (range) => {
      const keys = await this.#database.level.keys({ ...range, limit: PAGE }).all();
      return { last: keys.length === PAGE ? keys.at(-1) : undefined, operations: keys.map(del) };
    });
    await this.#finish(mark);
  }

  async #clearMessages(mark: Mark): Promise<void> {
    const { agentId, upTo } = mark;
    for (const kind of Object.keys(ROWS) as RowKind[]) {
      await this.#clearRange(rowRange(kind, agentId), async (range) => {
        const rows = await this.#database.level.iterator({ ...range, limit: PAGE }).all();
        const operations = rows.flatMap(([key, sealed]) => clearing(key, sealed, upTo));
        return { last: rows.length === PAGE ? rows.at(-1)?.[0] : undefined, operations };
      });
    }
    await this.#finish(mark);
  }

  async #clearRange(
    range: Range,
    read: (range: Range) => Promise<{ last: Buffer | undefined; operations: Operation[] }>,
  ): Promise<void> {
    for (let from: Buffer | undefined = range.gte; from !== undefined; ) {
      const { last, operations } = await read({ gte: from, lt: range.lt });
      if (operations.length > 0) await this.#commits.commit(operations, weigh(operations));
      from = last && Buffer.concat([last, Buffer.of(0)]);
    }
  }

  async #finish(mark: Mark): Promise<void> {
    if (!this.#isNewest(mark)) return;
    const key = keyOf(mark);
    this.#forget(mark);
    await this.#commits.commit([del(key)], key.length);
  }

  #forget(mark: Mark): void {
    if (this.#isNewest(mark)) this.#marks.delete(keyOf(mark).toString());
  }

  #isNewest(mark: Mark): boolean {
    return this.#marks.get(keyOf(mark).toString()) === mark;
  }
}

/**
 * What clears the alarms of an agent, as they are now. It is part of the delete itself: an entry in the index whose alarm
 * a namesake has set anew would be found by nobody afterwards.
 */
export async function clearingAlarms(level: Database['level'], agentId: string, below: number): Promise<Operation[]> {
  const rows = await level.iterator(rowRange('alarms', agentId)).all();
  return rows.flatMap(([key, sealed]) => clearing(key, sealed, below));
}

/** What clears one row, if it is dead. Rows under a name may be put anew meanwhile: those are looked at again as they are cleared. */
function clearing(key: Buffer, sealed: Buffer, below: number): Operation[] {
  const row = parseRowKey(key);
  if (row === undefined) return [];
  const { kind, agentId, name, number } = row;
  if (number !== undefined) return number < below ? [del(key)] : [];
  const alarm = kind === 'alarms' ? attempt(() => unsealRow<Alarm>(sealed, 'alarm')) : undefined;
  const index = alarm && ({ kind: 'purge', key: alarmIndexKey(alarm.at, agentId, name ?? ''), below } as const);
  return [{ kind: 'purge', key, below }, ...(index ? [index] : [])];
}

function keyOf({ kind, agentId }: Mark): Buffer {
  return kind === 'data' ? tombstoneKey(agentId) : purgeKey(agentId);
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
