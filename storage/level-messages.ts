import type { DrowseError } from '../core/errors.ts';
import { type Commits, del, weigh } from './commits.ts';
import type { Database, Operation } from './database.ts';
import { corrupt, isDamage } from './kept.ts';
import {
  alarmIndexRange,
  namedKey,
  notesKey,
  numberedKey,
  parseAlarmIndexKey,
  parseRowKey,
  rowRange,
  rowsOf,
} from './keys.ts';
import type {
  Alarm,
  Answer,
  Due,
  Letter,
  LetterQuery,
  Messages,
  Notes,
  Pending,
  Quarantine,
  Step,
  Told,
} from './messages.ts';
import { purgedAtLeast, purgedBelow } from './purged.ts';
import { numberOf, unsealRow } from './row.ts';
import { type Ordered, operationsOf } from './steps.ts';

/** Messages read in one go where nothing else is said. */
const PAGE = 64;
/** No page goes on behind this many bytes of messages. */
const PAGE_BYTES = 4 * 1024 * 1024;
/** No agent's answers are kept beyond this many bytes. */
const ANSWER_BYTES = 64 * 1024 * 1024;
/** Bytes that one step of an iterator may hold. */
const TRIP_BYTES = 1024 * 1024;

/** The messages of a LevelStore. `explain` makes of whatever was thrown what callers see. */
export class LevelMessages implements Messages {
  readonly #database: Database;
  readonly #commits: Commits;
  readonly #explain: (error: unknown) => DrowseError;

  constructor(database: Database, commits: Commits, explain: (error: unknown) => DrowseError) {
    this.#database = database;
    this.#commits = commits;
    this.#explain = explain;
  }

  nextNumber(): number {
    return this.#database.nextNumber();
  }

  write(steps: readonly Step[], { lightly = false } = {}): Promise<void> {
    const operations = operationsOf(steps);
    return this.#commits.commit(operations, weigh(operations), lightly);
  }

  pending(agentId: string, { after = 0, limit = PAGE } = {}): Promise<Pending> {
    return this.#reading(agentId, async (level) => {
      const [inbox, alarms] = await Promise.all([
        this.#inbox(agentId, after, limit),
        level.values({ ...rowRange('alarms', agentId), highWaterMarkBytes: TRIP_BYTES }).all(),
      ]);
      const purged = purgedBelow(level, agentId);
      const living = alarms
        .map((sealed) => unsealRow<Omit<Alarm, 'number'>>(sealed, 'alarm'))
        .filter(({ number }) => number >= purged);
      // Those on alarms may stand before the messages read, or behind them.
      const read = new Set(inbox.notes.map(({ number }) => number));
      const others = living.filter(({ number }) => !read.has(number));
      const notes = inbox.more || after > 0 ? others.flatMap(({ number }) => this.#notes(agentId, number)) : [];
      return { ...inbox, notes: [...inbox.notes, ...notes], alarms: living };
    });
  }

  async *waiting(): AsyncGenerator<string, void> {
    try {
      const level = await this.#ready();
      await using iterator = level.keys<Buffer>(rowRange('inbox'));
      for (let key = await iterator.next(); key !== undefined; key = await iterator.next()) {
        const row = parseRowKey(key);
        // Notes alone are those on an alarm.
        if (row === undefined || row.isNotes) continue;
        if ((row.number as number) < purgedAtLeast(level, row.agentId)) continue;
        yield row.agentId;
        iterator.seek(rowRange('inbox', row.agentId).lt);
      }
    } catch (error) {
      throw this.#explain(error);
    }
  }

  /** Entries that their alarms do not bear out are passed over. */
  async *due(from: number, to: number): AsyncGenerator<Due, void> {
    try {
      const level = await this.#ready();
      for await (const key of level.keys(alarmIndexRange(from, to))) {
        const due = parseAlarmIndexKey(key);
        if (due && this.#isSet(due)) yield due;
      }
    } catch (error) {
      throw this.#explain(error);
    }
  }

  answer(agentId: string, key: string): Answer | undefined {
    try {
      const sealed = this.#database.readNow(namedKey('answers', agentId, key));
      if (sealed === undefined) return undefined;
      const answer = unsealRow<Omit<Answer, 'number'>>(sealed, 'answer');
      return answer.number < purgedBelow(this.#database.level, agentId) ? undefined : answer;
    } catch (error) {
      throw isDamage(error) ? corrupt(agentId, undefined, error) : this.#explain(error);
    }
  }

  async *letters({
    prefix = '',
    after,
    limit = Number.POSITIVE_INFINITY,
  }: LetterQuery = {}): AsyncGenerator<{ agentId: string; letter: Letter }, void> {
    const range = rowsOf('letters', prefix);
    const start = after && numberedKey('letters', after.agentId, after.number);
    const from = start && Buffer.compare(start, range.gte) >= 0 ? { gt: start } : { gte: range.gte };
    let left = limit;
    try {
      const level = await this.#ready();
      for await (const [key, sealed] of level.iterator({ ...from, lt: range.lt })) {
        if (left <= 0) return;
        const row = parseRowKey(key);
        if (row === undefined || (row.number as number) < purgedAtLeast(level, row.agentId)) continue;
        left -= 1;
        yield { agentId: row.agentId, letter: this.#unsealLetter(row.agentId, sealed) };
      }
    } catch (error) {
      throw this.#explain(error);
    }
  }

  letter(agentId: string, number: number): Promise<Letter | undefined> {
    return this.#reading(agentId, async (level) => {
      const sealed = level.getSync(numberedKey('letters', agentId, number));
      return sealed === undefined || number < purgedBelow(level, agentId)
        ? undefined
        : this.#unsealLetter(agentId, sealed);
    });
  }

  async *quarantines(): AsyncGenerator<{ agentId: string; quarantine: Quarantine }, void> {
    try {
      const level = await this.#ready();
      for await (const [key, sealed] of level.iterator(rowRange('quarantine'))) {
        const row = parseRowKey(key);
        if (row === undefined || (numberOf(sealed) ?? 0) < purgedAtLeast(level, row.agentId)) continue;
        // One that cannot be read is one all the same.
        const quarantine = attempt(() => unsealRow<Omit<Quarantine, 'number'>>(sealed, 'quarantine'));
        yield { agentId: row.agentId, quarantine: quarantine ?? { number: 0, at: 0, cause: 'unknown', crashes: 0 } };
      }
    } catch (error) {
      throw this.#explain(error);
    }
  }

  async purge(limits: { answers: number; perAgent: number; letters: number }, agentId?: string): Promise<void> {
    try {
      const level = await this.#ready();
      if (agentId !== undefined) return await this.#forget(agentId, limits.answers, limits.perAgent);
      await using orders = level.keys<Buffer>(rowRange('order'));
      for (let key = await orders.next(); key !== undefined; key = await orders.next()) {
        const row = parseRowKey(key);
        if (row === undefined) continue;
        await this.#forget(row.agentId, limits.answers, limits.perAgent);
        orders.seek(rowRange('order', row.agentId).lt);
      }
      for await (const [key, sealed] of level.iterator(rowRange('letters'))) {
        const buried = attempt(() => unsealRow<Letter>(sealed, 'dead letter').at);
        if (buried !== undefined && buried < limits.letters) await this.#commit([del(key)]);
      }
    } catch (error) {
      throw this.#explain(error);
    }
  }

  /** Walks from the newest answer to the oldest, so that both bounds are known at each. */
  async #forget(agentId: string, before: number, perAgent: number): Promise<void> {
    let count = 0;
    let bytes = 0;
    const operations: Operation[] = [];
    for await (const [key, sealed] of this.#database.level.iterator({ ...rowRange('order', agentId), reverse: true })) {
      const ordered = attempt(() => unsealRow<Omit<Ordered, 'number'>>(sealed, 'answer'));
      count += 1;
      bytes += ordered?.bytes ?? 0;
      if (ordered === undefined || (ordered.at >= before && count <= perAgent && bytes <= ANSWER_BYTES)) continue;
      // A key that was used again has a newer answer.
      const below = ordered.number + 1;
      operations.push({ kind: 'purge', key: namedKey('answers', agentId, ordered.key), below }, del(key));
    }
    if (operations.length > 0) await this.#commit(operations);
  }

  async #inbox(agentId: string, after: number, limit: number): Promise<Omit<Pending, 'alarms'>> {
    const { level } = this.#database;
    const messages: Told[] = [];
    const notes: Notes[] = [];
    let bytes = 0;
    const purged = purgedBelow(level, agentId);
    const from = numberedKey('inbox', agentId, Math.max(after + 1, purged));
    const range = { gte: from, lt: rowRange('inbox', agentId).lt, highWaterMarkBytes: TRIP_BYTES };
    for await (const [key, sealed] of level.iterator(range)) {
      const row = parseRowKey(key);
      if (row === undefined) continue;
      if (row.isNotes) notes.push(unsealRow<Omit<Notes, 'number'>>(sealed, 'notes on a message'));
      else if (messages.length === limit || bytes >= PAGE_BYTES) return { messages, notes, more: true };
      else messages.push(unsealRow<Omit<Told, 'number'>>(sealed, `message ${row.number}`));
      bytes += sealed.length;
    }
    return { messages, notes, more: false };
  }

  #notes(agentId: string, number: number): Notes[] {
    const sealed = this.#database.level.getSync(notesKey(agentId, number));
    return sealed === undefined ? [] : [unsealRow<Omit<Notes, 'number'>>(sealed, 'notes on an alarm')];
  }

  #unsealLetter(agentId: string, sealed: Buffer): Letter {
    try {
      return unsealRow<Omit<Letter, 'number'>>(sealed, 'dead letter');
    } catch (error) {
      throw isDamage(error) ? corrupt(agentId, undefined, error) : error;
    }
  }

  #isSet({ at, agentId, name }: Due): boolean {
    const sealed = this.#database.level.getSync(namedKey('alarms', agentId, name));
    if (sealed === undefined) return false;
    const alarm = attempt(() => unsealRow<Omit<Alarm, 'number'>>(sealed, 'alarm'));
    // Who is woken for a damaged one finds it damaged.
    return alarm === undefined || (alarm.at === at && alarm.number >= purgedAtLeast(this.#database.level, agentId));
  }

  #commit(operations: readonly Operation[]): Promise<void> {
    return this.#commits.commit(operations, weigh(operations), true);
  }

  async #reading<T>(agentId: string, read: (level: Database['level']) => Promise<T>): Promise<T> {
    try {
      return await read(await this.#ready());
    } catch (error) {
      throw isDamage(error) ? corrupt(agentId, undefined, error) : this.#explain(error);
    }
  }

  async #ready(): Promise<Database['level']> {
    if (this.#commits.closed) throw this.#explain(undefined);
    await this.#database.ready();
    return this.#database.level;
  }
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
