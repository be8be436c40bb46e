import type { Database } from './database.ts';
import { isCorruption, parseRow } from './diagnosis.ts';
import {
  agentIdOf,
  dataRange,
  FORMAT_KEY,
  headKey,
  headRange,
  TOTAL_KEY,
  tombstoneKey,
  tombstoneRange,
} from './keys.ts';

type Level = Database['level'];

/** What a walk meets beside agents. */
export interface Encounters {
  /** A key that is none of the store's. */
  readonly unknown: (key: Buffer) => void;
  /** LevelDB could not read a part of its tables: what lies there was passed over. */
  readonly unreadable: (error: Error) => void;
}

/** Begins the keys of rows that a repair has moved out of the way. */
export const ASIDE = 'q';
const GAPS = ['', 'a', 'b', 'd', 'e', 't', 'u', undefined];

/** Every id that a head, a tombstone, a chunk or a record names, each once, in the order of the ids' bytes. */
export async function* walkIds(level: Level, encounters: Encounters): AsyncGenerator<string, void> {
  const heads = plainIds(level, headRange(''), headKey, encounters);
  const tombstones = plainIds(level, tombstoneRange(), tombstoneKey, encounters);
  const cursors = [heads, tombstones, rowIds(level, encounters)];
  const next = await Promise.all(cursors.map(async (cursor) => (await cursor.next()).value as string | undefined));
  for (;;) {
    const [first] = next.filter((id) => id !== undefined).sort(inByteOrder);
    if (first === undefined) return;
    yield first;
    for (const [at, cursor] of cursors.entries()) {
      if (next[at] === first) next[at] = (await cursor.next()).value as string | undefined;
    }
  }
}

/** Meets every key outside the ranges of agents that is neither the store's own nor set aside. Returns how many are. */
export async function walkOthers(level: Level, encounters: Encounters): Promise<number> {
  let aside = 0;
  for (let gap = 0; gap < GAPS.length; gap += 2) {
    const [gte, lt] = [GAPS[gap] as string, GAPS[gap + 1]];
    const range = lt === undefined ? { gte: Buffer.from(gte) } : { gte: Buffer.from(gte), lt: Buffer.from(lt) };
    try {
      for await (const key of level.keys(range)) {
        if (key.toString('latin1', 0, 1) === ASIDE) aside += 1;
        else if (!key.equals(FORMAT_KEY) && !key.equals(TOTAL_KEY)) encounters.unknown(key);
      }
    } catch (error) {
      passOver(error, encounters);
    }
  }
  return aside;
}

async function* plainIds(
  level: Level,
  range: { readonly gte: Buffer; readonly lt: Buffer },
  keyOf: (agentId: string) => Buffer,
  encounters: Encounters,
): AsyncGenerator<string, void> {
  try {
    for await (const key of level.keys(range)) {
      const id = agentIdOf(key);
      if (keyOf(id).equals(key) && !id.includes('\0')) yield id;
      else encounters.unknown(key);
    }
  } catch (error) {
    passOver(error, encounters);
  }
}

/** Leaps from agent to agent: their rows are read when they are diagnosed. */
async function* rowIds(level: Level, encounters: Encounters): AsyncGenerator<string, void> {
  await using iterator = level.keys<Buffer>({ gte: Buffer.from('d'), lt: Buffer.from('e') });
  try {
    for (let key = await iterator.next(); key !== undefined; key = await iterator.next()) {
      const row = parseRow(key);
      if (row && dataRange(row.agentId).gte.equals(key.subarray(0, key.indexOf(0) + 1))) {
        yield row.agentId;
        iterator.seek(dataRange(row.agentId).lt);
      } else encounters.unknown(key);
    }
  } catch (error) {
    passOver(error, encounters);
  }
}

function passOver(error: unknown, { unreadable }: Encounters): void {
  if (!isCorruption(error)) throw error;
  unreadable(error);
}

function inByteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
