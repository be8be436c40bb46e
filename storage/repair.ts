import type { Database, Operation } from './database.ts';
import { type Diagnosis, TRIP_BYTES } from './diagnosis.ts';
import { sealNumber } from './envelope.ts';
import { dataRange, headKey, TOTAL_KEY, tombstoneKey } from './keys.ts';
import { ASIDE } from './walk.ts';

/**
 * Returns an agent to its last good state, or takes it out of the store where there is none, and says which. What cannot
 * stay is moved aside, to keys that begin with `q` and the moment. Cut off half-way, it is taken up by the next repair.
 */
export async function repairAgent(database: Database, diagnosis: Diagnosis): Promise<string> {
  const { agentId, exists, lastGood, tombstone } = diagnosis;
  const start = `${ASIDE}${new Date().toISOString()} `;
  const key = tombstoneKey(agentId);
  if (tombstone === 'none') await database.write([{ kind: 'del', key }]);
  else if (tombstone !== undefined) await database.write([{ kind: 'put', key, value: sealNumber(tombstone) }]);
  if (exists && lastGood === undefined) await moveHead(database, agentId, start);
  const moved = await moveRows(database, diagnosis, start);
  if (lastGood !== undefined)
    return `returned to sequence ${lastGood}${moved > 0 ? `; ${moved} rows moved aside` : ''}`;
  return exists ? 'it could not be saved, and was moved aside whole' : `${moved} rows moved aside`;
}

/** Sets the counter of agents. */
export function recount(database: Database, agents: number): Promise<void> {
  return database.write([{ kind: 'put', key: TOTAL_KEY, value: sealNumber(agents) }]);
}

async function moveHead(database: Database, agentId: string, start: string): Promise<void> {
  const key = headKey(agentId);
  const value = await database.level.get(key);
  // The types of `level` leave out that there may be none.
  if ((value as Buffer | undefined) === undefined) return;
  await database.write([...move(key, value, start), { kind: 'count', by: -1 }]);
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

function move(key: Buffer, value: Buffer, start: string): Operation[] {
  return [
    { kind: 'put', key: Buffer.concat([Buffer.from(start), key]), value },
    { kind: 'del', key },
  ];
}
