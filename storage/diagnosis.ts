import type { Database } from './database.ts';
import { Damage, unseal, unsealNumber } from './envelope.ts';
import { type Head, unsealHead } from './head.ts';
import { dataRange, headKey, tombstoneKey } from './keys.ts';

type Level = Database['level'];

/** Where a chunk or record says it belongs. */
interface Row {
  readonly agentId: string;
  readonly generation: number;
  readonly kind: 'chunk' | 'record';
  readonly number: number;
}

/** What is wrong with one agent, and what can be saved of it. */
export interface Diagnosis {
  readonly agentId: string;
  /** Whether the agent counts as one that exists, its head damaged or not. */
  readonly exists: boolean;
  readonly damage: readonly string[];
  /** The sequence it can be returned to; undefined where its head or snapshot is lost. */
  readonly lastGood: number | undefined;
  /** The newest sequence of which there is a trace. */
  readonly newest: number;
  /** The tombstone it should have, where its own is wrong; `none` where that should go. */
  readonly tombstone: number | 'none' | undefined;
  /** Whether a chunk or record stays once it is repaired. */
  readonly keeps: (key: Buffer) => boolean;
}

const NUMBER_BYTES = 6;
const KINDS: Readonly<Record<number, Row['kind']>> = { 99: 'chunk', 114: 'record' };
/** Bytes read in one trip: a chunk or some hundreds of records. */
export const TRIP_BYTES: number = 1024 * 1024;

/** Takes the key of a chunk or record apart; undefined where it is neither. */
export function parseRow(key: Buffer): Row | undefined {
  const nul = key.indexOf(0);
  const kind = KINDS[key[nul + 1 + NUMBER_BYTES] ?? 0];
  if (nul < 1 || kind === undefined || key.length !== nul + 2 + 2 * NUMBER_BYTES) return undefined;
  const [generation, number] = [key.readUIntBE(nul + 1, NUMBER_BYTES), key.readUIntBE(nul + 8, NUMBER_BYTES)];
  return { agentId: key.toString('utf8', 1, nul), generation, kind, number };
}

/** Reads all that is kept under one id, a few rows at a time. */
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
  const named = sealedTombstone && attempt(() => unsealNumber(sealedTombstone, 'tombstone'), note);
  // All that came before the live snapshot is dead, whatever the tombstone says.
  const dead = head ? head.generation - 1 : (named ?? 0);
  const rows = new Rows(head, dead, damage);
  let unswept = false;
  try {
    for await (const [key, value] of level.iterator({ ...dataRange(agentId), highWaterMarkBytes: TRIP_BYTES })) {
      const row = parseRow(key);
      if (row && row.generation <= dead) unswept ||= row.generation > (named ?? 0);
      else rows.take(row, value);
    }
  } catch (error) {
    note(error);
  }
  rows.end();
  if (named !== undefined && named > dead) damage.push(`its tombstone declares its live generation ${named} dead`);
  else if (unswept && sealedTombstone === undefined) damage.push('rows of an older generation lack a tombstone');
  const wrong = unswept || (sealedTombstone !== undefined && named === undefined) || (named ?? 0) > dead;
  const right = dead === 0 ? 'none' : dead;
  return {
    agentId,
    exists,
    damage,
    lastGood: rows.lastGood,
    newest: Math.max(rows.newest, head?.sequence ?? 0),
    tombstone: wrong ? right : undefined,
    keeps: (key) => rows.keeps(parseRow(key)),
  };
}

/** Checks the rows that are not dead against the head, in the order of their keys. */
class Rows {
  readonly #head: Head | undefined;
  readonly #dead: number;
  readonly #damage: string[];
  #chunks = 0;
  #length = 0;
  #newest = 0;
  #stray = 0;
  /** The sequence of the next record. */
  #next = 0;
  #intact = true;
  #lastGood: number | undefined;
  #ended = false;

  constructor(head: Head | undefined, dead: number, damage: string[]) {
    this.#head = head;
    this.#dead = dead;
    this.#damage = damage;
  }

  get lastGood(): number | undefined {
    return this.#lastGood;
  }

  get newest(): number {
    return this.#newest;
  }

  take(row: Row | undefined, value: Buffer): void {
    const head = this.#head;
    if (row?.kind === 'record') this.#newest = Math.max(this.#newest, row.number);
    if (!row || row.generation !== head?.generation) this.#stray += 1;
    else if (row.kind === 'chunk') this.#takeChunk(head, row.number, value);
    else this.#takeRecord(head, row.number, value);
  }

  end(): void {
    this.#endSnapshot();
    if (this.#stray === 0) return;
    const because = this.#head ? 'that belong to nothing' : 'without a head that can be read';
    this.#damage.push(`it has ${this.#stray} rows ${because}`);
  }

  keeps(row: Row | undefined): boolean {
    if (row === undefined) return false;
    const { generation, kind, number } = row;
    if (generation <= this.#dead) return true;
    const [head, lastGood] = [this.#head, this.#lastGood];
    if (generation !== head?.generation || lastGood === undefined) return false;
    return kind === 'chunk' ? number <= head.chunks : number > head.sequence && number <= lastGood;
  }

  #takeChunk(head: Head, number: number, value: Buffer): void {
    if (number === 0 || number > head.chunks) {
      this.#stray += 1;
      return;
    }
    this.#missChunks(number - 1);
    this.#chunks = number;
    const bytes = attempt(
      () => unseal(value, 'snapshot chunk', number),
      (error) => this.#spoil(unreadable(error)),
    );
    this.#length += bytes?.length ?? 0;
  }

  #takeRecord(head: Head, number: number, value: Buffer): void {
    this.#endSnapshot();
    if (number <= head.sequence) {
      this.#stray += 1;
      return;
    }
    const before = this.#next;
    if (number > before) {
      this.#damage.push(
        number === before + 1
          ? `its record ${before} is missing`
          : `its records ${before} to ${number - 1} are missing`,
      );
    }
    this.#next = number + 1;
    const bytes = attempt(
      () => unseal(value, 'record', number),
      (error) => void this.#damage.push(unreadable(error)),
    );
    if (bytes && this.#lastGood === number - 1) this.#lastGood = number;
  }

  /** No chunk comes after a record. */
  #endSnapshot(): void {
    const head = this.#head;
    if (this.#ended || !head) return;
    this.#ended = true;
    this.#next = head.sequence + 1;
    this.#missChunks(head.chunks);
    if (this.#intact && this.#length !== head.length) {
      this.#spoil(`its snapshot has ${this.#length} bytes, not ${head.length}`);
    }
    if (this.#intact) this.#lastGood = head.sequence;
  }

  #missChunks(upTo: number): void {
    for (let number = this.#chunks + 1; number <= upTo; number += 1)
      this.#spoil(`its snapshot chunk ${number} is missing`);
  }

  #spoil(damage: string): void {
    this.#intact = false;
    this.#damage.push(damage);
  }
}

/** Whether LevelDB found damage of its own. */
export function isCorruption(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'LEVEL_CORRUPTION';
}

/** What an error says of damage; throws it again where it is of another kind. */
function unreadable(error: unknown): string {
  if (error instanceof Damage) return error.message;
  if (isCorruption(error)) return `LevelDB cannot read all of it: ${error.message}`;
  throw error;
}

function attempt<T>(read: () => T, failed: (error: unknown) => void): T | undefined {
  try {
    return read();
  } catch (error) {
    failed(error);
    return undefined;
  }
}
