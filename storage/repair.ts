import { del, put } from './commits.ts';
import type { Database, Operation } from './database.ts';
import { type Diagnosis, TRIP_BYTES } from './diagnosis.ts';
import { sealNumber } from './envelope.ts';
import { sealHead } from './head.ts';
import { dataRange, headKey, NEXT_KEY, TOTAL_KEY, tombstoneKey } from './keys.ts';
import type { MessageDiagnosis } from './message-check.ts';
import { ASIDE } from './walk.ts';

/**
 * Returns an agent to its last good state, or takes it out of the store where there is none, and says which. What cannot
 * stay is moved aside, to keys that begin with `q` and the moment. Cut off half-way, it is taken up by the next repair:
 * the head, without which nobody reads or writes the rest, changes last.
 */
export async function repairAgent(
  database: Database,
  diagnosis: Diagnosis,
  messages: MessageDiagnosis,
): Promise<string> {
  const { agentId, exists, fallback, lastGood } = diagnosis;
  const start = startOf(new Date());
  const tombstone = tombstoneOf(diagnosis);
  if (!fallback && tombstone.length > 0) await database.write(tombstone);
  const moved = (await moveRows(database, diagnosis, start)) + (await repairMessages(database, messages, start));
  if (fallback) {
    const head = put(headKey(agentId), sealHead(fallback));
    await database.write([...(await moving(database, headKey(agentId), start)), head, ...tombstone]);
  } else if (exists && lastGood === undefined) await moveHead(database, agentId, start);
  const rows = rowsOf(moved, messages.anew.length);
  if (diagnosis.damage.length === 0) return rows;
  if (lastGood !== undefined) return `returned to sequence ${lastGood}${rows && `; ${rows}`}`;
  return exists ? 'it could not be saved, and was moved aside whole' : rows;
}

/** Moves one row aside. */
export async function moveAside(database: Database, key: Buffer): Promise<void> {
  await database.write(await moving(database, key, startOf(new Date())));
}

/** Sets the counter of agents. */
export function recount(database: Database, agents: number): Promise<void> {
  return database.write([put(TOTAL_KEY, sealNumber(agents))]);
}

/** Sets the number from which on none was given out. */
export function renumber(database: Database, next: number): Promise<void> {
  return database.write([put(NEXT_KEY, sealNumber(next))]);
}

/** What becomes of some rows, in words; empty where there are none. */
export function rowsOf(moved: number, anew: number): string {
  const said = [moved > 0 ? `${moved} rows moved aside` : [], anew > 0 ? `${anew} rows written anew` : []];
  return said.flat().join('; ');
}

function tombstoneOf({ agentId, tombstone }: Diagnosis): Operation[] {
  if (tombstone === undefined) return [];
  const key = tombstoneKey(agentId);
  return [tombstone === 'none' ? del(key) : put(key, sealNumber(tombstone))];
}

async function repairMessages(database: Database, { aside, anew }: MessageDiagnosis, start: string): Promise<number> {
  for (const key of aside) await database.write(await moving(database, key, start));
  if (anew.length > 0) await database.write(anew);
  return aside.length;
}

async function moveHead(database: Database, agentId: string, start: string): Promise<void> {
  const moves = await moving(database, headKey(agentId), start);
  if (moves.length > 0) await database.write([...moves, { kind: 'count', by: -1 }]);
}

async function moveRows(database: Database, { agentId, keeps }: Diagnosis, start: string): Promise<number> {
  let moved = 0;
  let bytes = 0;
  let batch: Operation[] = [];
  for await (const [key, value] of database.level.iterator({ ...dataRange(agentId), highWaterMarkBytes: TRIP_BYTES })) {
    if (keeps(key)) continue;
    batch.push(...move(key, value, start));
    moved += 1;
    bytes += key.length + value.length;
    if (bytes < TRIP_BYTES) continue;
    await database.write(batch);
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) await database.write(batch);
  return moved;
}

async function moving(database: Database, key: Buffer, start: string): Promise<Operation[]> {
  const value = await database.level.get(key);
  // The types of `level` leave out that there may be none.
  return (value as Buffer | undefined) === undefined ? [] : move(key, value, start);
}

function move(key: Buffer, value: Buffer, start: string): Operation[] {
  return [put(Buffer.concat([Buffer.from(start), key]), value), del(key)];
}

function startOf(moment: Date): string {
  return `${ASIDE}${moment.toISOString()} `;
}
