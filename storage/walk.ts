import type { Database } from './database.ts';
import { agentIdOf, FORMAT_KEY, NEXT_KEY, ROWS, TOTAL_KEY } from './keys.ts';
import { isCorruption } from './unreadable.ts';

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
/** What the keys of agents begin with where an id and a NUL follow. */
const WITH_NUL = ['d', ...Object.values(ROWS)];
/** And where they are an id alone: heads, tombstones, purges. */
const PLAIN = ['a', 't', 'u'];
/** The index of alarms is walked by its own check. */
const ELSEWHERE = [...PLAIN, ...WITH_NUL, 'l'].sort();
const OWN = [FORMAT_KEY, NEXT_KEY, TOTAL_KEY];

/** Every id that a row of an agent names, each once, in the order of the ids' bytes. */
export async function* walkIds(level: Level, encounters: Encounters): AsyncGenerator<string, void> {
  const cursors = [
    ...PLAIN.map((letter) => plainIds(level, letter, encounters)),
    ...WITH_NUL.map((letter) => rowIds(level, letter, encounters)),
  ];
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

/** Meets every key that is none of an agent's, nor the store's own, nor set aside. Returns how many are aside. */
export async function walkOthers(level: Level, encounters: Encounters): Promise<number> {
  let aside = 0;
  for (const [at, letter] of ['', ...ELSEWHERE].entries()) {
    const before = ELSEWHERE[at];
    const range = { gte: letter === '' ? Buffer.alloc(0) : behind(letter), ...(before && { lt: Buffer.from(before) }) };
    try {
      for await (const key of level.keys(range)) {
        if (key.toString('latin1', 0, 1) === ASIDE) aside += 1;
        else if (!OWN.some((own) => own.equals(key))) encounters.unknown(key);
      }
    } catch (error) {
      passOver(error, encounters);
    }
  }
  return aside;
}

/** Tells of a part that LevelDB cannot read; throws what is another matter. */
export function passOver(error: unknown, { unreadable }: Encounters): void {
  if (!isCorruption(error)) throw error;
  unreadable(error);
}

async function* plainIds(level: Level, letter: string, encounters: Encounters): AsyncGenerator<string, void> {
  try {
    for await (const key of level.keys({ gte: Buffer.from(letter), lt: behind(letter) })) {
      const id = agentIdOf(key);
      if (Buffer.from(`${letter}${id}`).equals(key) && !id.includes('\0')) yield id;
      else encounters.unknown(key);
    }
  } catch (error) {
    passOver(error, encounters);
  }
}

/** Leaps from agent to agent: their rows are read when they are diagnosed. */
async function* rowIds(level: Level, letter: string, encounters: Encounters): AsyncGenerator<string, void> {
  await using iterator = level.keys<Buffer>({ gte: Buffer.from(letter), lt: behind(letter) });
  try {
    for (let key = await iterator.next(); key !== undefined; key = await iterator.next()) {
      const nul = key.indexOf(0);
      const id = key.toString('utf8', 1, nul);
      if (nul > 1 && Buffer.from(`${letter}${id}\0`).equals(key.subarray(0, nul + 1))) {
        yield id;
        iterator.seek(Buffer.from(`${letter}${id}\x01`));
      } else encounters.unknown(key);
    }
  } catch (error) {
    passOver(error, encounters);
  }
}

/** Where the keys end that begin with a letter. */
function behind(letter: string): Buffer {
  return Buffer.of(letter.charCodeAt(0) + 1);
}

function inByteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
