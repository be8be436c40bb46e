import { type DataRow, parseDataKey } from './data-row.ts';
import type { Database } from './database.ts';
import { GenerationCheck } from './generation-check.ts';
import { type Head, unsealHead } from './head.ts';
import { dataRange, headKey, tombstoneKey } from './keys.ts';
import { unsealTombstone } from './tombstone.ts';
import { attempt, unreadable } from './unreadable.ts';

type Level = Database['level'];

/** What is wrong with the state of one agent, and what can be saved of it. */
export interface Diagnosis {
  readonly agentId: string;
  /** Whether the agent counts as one that exists, its head damaged or not. */
  readonly exists: boolean;
  readonly damage: readonly string[];
  /** The sequence it can be returned to; undefined where its snapshot is lost, and the one before that. */
  readonly lastGood: number | undefined;
  /** The head of the generation before, where that is what it can be returned to. */
  readonly fallback: Head | undefined;
  /** The newest sequence of which there is a trace. */
  readonly newest: number;
  /** The tombstone it should have, where its own is wrong; `none` where that should go. */
  readonly tombstone: number | 'none' | undefined;
  /** Whether a chunk or record stays once it is repaired. */
  readonly keeps: (key: Buffer) => boolean;
}

/** Bytes read in one trip: a chunk or some hundreds of records. */
export const TRIP_BYTES: number = 1024 * 1024;

/** Reads the state that is kept under one id, a few rows at a time. */
export async function diagnose(level: Level, agentId: string): Promise<Diagnosis> {
  const damage: string[] = [];
  const note = (error: unknown) => {
    damage.push(unreadable(error));
    return undefined;
  };
  const sealedHead = await level.get(headKey(agentId)).catch(note);
  const exists = sealedHead !== undefined || damage.length > 0;
  const head = sealedHead && attempt(() => unsealHead(sealedHead), note);
  const sealedTombstone = await level.get(tombstoneKey(agentId)).catch(note);
  const tombstone = sealedTombstone && attempt(() => unsealTombstone(sealedTombstone), note);
  const named = tombstone?.generation ?? 0;
  const rows = new Rows(head, named, tombstone?.head);
  try {
    for await (const [key, value] of level.iterator({ ...dataRange(agentId), highWaterMarkBytes: TRIP_BYTES })) {
      rows.take(parseDataKey(key), value);
    }
  } catch (error) {
    note(error);
  }
  rows.end();
  if (rows.fallback && !exists) damage.push('its head is missing');
  damage.push(...rows.damage);
  const readable = tombstone !== undefined || sealedTombstone === undefined;
  if (named > rows.dead) damage.push(`its tombstone declares its live generation ${named} dead`);
  else if (rows.unswept && readable) damage.push('rows of an older generation lack a tombstone');
  const wrong = rows.unswept || !readable || named > rows.dead;
  return {
    agentId,
    exists: exists || rows.fallback !== undefined,
    damage,
    lastGood: rows.lastGood,
    fallback: rows.fallback,
    newest: rows.newest,
    tombstone: wrong || rows.fallback ? rows.tombstone : undefined,
    keeps: (key) => rows.keeps(parseDataKey(key)),
  };
}

/** The chunks and records of an agent: those of its live generation, those of the one before, those that are dead. */
class Rows {
  readonly damage: string[] = [];
  /** All up to this generation is dead: what came before the live snapshot, whatever the tombstone says. */
  readonly dead: number;
  readonly #named: number;
  readonly #live: GenerationCheck | undefined;
  readonly #before: Head | undefined;
  readonly #previous: GenerationCheck | undefined;
  #newest: number;
  #stray = 0;
  #unswept = false;
  #hasOlder = false;

  constructor(head: Head | undefined, named: number, before: Head | undefined) {
    this.dead = head ? head.generation - 1 : named;
    this.#named = named;
    this.#live = head && new GenerationCheck(head);
    this.#before = before && before.generation <= this.dead ? before : undefined;
    this.#previous = this.#before && new GenerationCheck(this.#before);
    this.#newest = Math.max(head?.sequence ?? 0, this.#before?.sequence ?? 0);
  }

  get newest(): number {
    return this.#newest;
  }

  /** Whether there are dead rows that no tombstone names. */
  get unswept(): boolean {
    return this.#unswept;
  }

  get lastGood(): number | undefined {
    return this.#live?.lastGood ?? this.#previous?.lastGood;
  }

  get fallback(): Head | undefined {
    return this.#live?.lastGood === undefined && this.#previous?.lastGood !== undefined ? this.#before : undefined;
  }

  /** What is dead once the agent is repaired. */
  get tombstone(): number | 'none' {
    const { fallback } = this;
    if (fallback) return this.#hasOlder ? fallback.generation - 1 : 'none';
    return this.dead === 0 ? 'none' : this.dead;
  }

  take(row: DataRow | undefined, value: Buffer): void {
    const isDead = row !== undefined && row.generation <= this.dead;
    const older = row !== undefined && row.generation < (this.#before?.generation ?? this.dead + 1);
    if (row?.kind === 'record' && !older) this.#newest = Math.max(this.#newest, row.number);
    this.#hasOlder ||= older;
    if (isDead) {
      this.#unswept ||= row.generation > this.#named;
      this.#previous?.take(row, value);
    } else if (row === undefined || !this.#live?.take(row, value)) this.#stray += 1;
  }

  end(): void {
    this.#live?.end();
    this.#previous?.end();
    this.damage.push(...(this.#live?.damage ?? []));
    if (this.#stray > 0) {
      const because = this.#live ? 'that belong to nothing' : 'without a head that can be read';
      this.damage.push(`it has ${this.#stray} rows ${because}`);
    }
    const before = this.fallback ? (this.#previous?.damage ?? []) : [];
    this.damage.push(...before.map((damage) => `in what came before that, ${damage}`));
  }

  keeps(row: DataRow | undefined): boolean {
    if (row === undefined) return false;
    if (this.#live?.lastGood !== undefined) return row.generation <= this.dead || this.#live.keeps(row);
    // Where nothing can be saved, what the snapshot replaced is moved aside with the rest.
    if (this.#before) return row.generation < this.#before.generation || this.#previous?.keeps(row) === true;
    return row.generation <= this.dead;
  }
}
