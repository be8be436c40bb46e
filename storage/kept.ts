import { DrowseError } from '../core/errors.ts';
import type { Database } from './database.ts';
import { Damage, unseal } from './envelope.ts';
import { type Head, unsealHead } from './head.ts';
import { chunkKey, dataRange, generationOf, generationPrefix, headKey, recordRange, tombstoneKey } from './keys.ts';
import type { Stored } from './store.ts';
import { unsealTombstone } from './tombstone.ts';

type Level = Database['level'];
type Snapshot = ReturnType<Level['snapshot']>;

/** What is kept of an agent, and where. */
export interface Kept {
  readonly head: Head;
  readonly stored: Stored;
}

/** Bytes that one step of an iterator may hold: LevelDB's own 16 KiB would cut a usual tail into several trips. */
const TRIP_BYTES = 1024 * 1024;

/**
 * Reads an agent as of one moment; undefined if it does not exist. The head and the first chunk are read on the main
 * thread, which takes microseconds where a trip to the pool takes tens. Throws `ERR_DROWSE_CORRUPT_STATE` naming
 * the agent and the last sequence that can be read.
 */
export async function readKept(level: Level, agentId: string): Promise<Kept | undefined> {
  await using snapshot = level.snapshot();
  let lastGood: number | undefined;
  try {
    const sealed = level.getSync(headKey(agentId), { snapshot });
    if (sealed === undefined) return undefined;
    const head = unsealHead(sealed);
    const prefix = generationPrefix(agentId, head.generation);
    const bytes = await readChunks(level, prefix, head, snapshot);
    lastGood = head.sequence;
    const range = { ...recordRange(prefix, head.sequence + 1), highWaterMarkBytes: TRIP_BYTES, snapshot };
    const records: Uint8Array[] = [];
    for (const value of await level.values(range).all()) {
      records.push(unseal(value, 'record', lastGood + 1));
      lastGood += 1;
    }
    return { head, stored: { snapshot: bytes, records, sequence: lastGood, createdAt: head.createdAt } };
  } catch (cause) {
    throw isDamage(cause) ? corrupt(agentId, lastGood, cause) : cause;
  }
}

/** The newest generation an agent that does not exist has ever had on disk: nothing new may be written at or below it. */
export async function deadGeneration(level: Level, agentId: string): Promise<number> {
  const sealed = level.getSync(tombstoneKey(agentId));
  if (sealed === undefined) return 0;
  return undamaged(() => unsealTombstone(sealed).generation) ?? lastGeneration(level, agentId);
}

/** The generation of an agent that exists, its head damaged or not; undefined if it does not exist. */
export async function liveGeneration(level: Level, agentId: string): Promise<number | undefined> {
  const sealed = level.getSync(headKey(agentId));
  if (sealed === undefined) return undefined;
  return undamaged(() => unsealHead(sealed).generation) ?? lastGeneration(level, agentId);
}

/** Throws `Damage` where the live snapshot of an agent cannot be read back. Holds one chunk at a time. */
export async function verifySnapshot(level: Level, agentId: string): Promise<void> {
  const sealed = await level.get(headKey(agentId));
  // The types of `level` leave out that there may be none: then there is nothing to be kept for.
  if ((sealed as Buffer | undefined) === undefined) return;
  const head = unsealHead(sealed);
  const prefix = generationPrefix(agentId, head.generation);
  let length = 0;
  for (let number = 1; number <= head.chunks; number += 1) {
    length += unseal(await level.get(chunkKey(prefix, number)), 'snapshot chunk', number).length;
  }
  if (length !== head.length) throw new Damage(`its snapshot has ${length} bytes, not ${head.length}`);
}

async function readChunks(level: Level, prefix: Buffer, head: Head, snapshot: Snapshot): Promise<Uint8Array> {
  const first = unseal(level.getSync(chunkKey(prefix, 1), { snapshot }), 'snapshot chunk', 1);
  const bytes = head.chunks === 1 ? first : new Uint8Array(head.length);
  let length = first.length;
  if (head.chunks > 1) bytes.set(first.subarray(0, head.length));
  for (let number = 2; number <= head.chunks; number += 1) {
    const chunk = unseal(await level.get(chunkKey(prefix, number), { snapshot }), 'snapshot chunk', number);
    if (length + chunk.length <= head.length) bytes.set(chunk, length);
    length += chunk.length;
  }
  if (length !== head.length) throw new Damage(`its snapshot has ${length} bytes, not ${head.length}`);
  return bytes;
}

async function lastGeneration(level: Level, agentId: string): Promise<number> {
  const [key] = await level.keys({ ...dataRange(agentId), reverse: true, limit: 1 }).all();
  return key === undefined ? 0 : generationOf(key);
}

function undamaged<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Damage) return undefined;
    throw error;
  }
}

/** LevelDB finds damage of its own blocks by itself. */
export function isDamage(cause: unknown): cause is Error {
  return cause instanceof Damage || (cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_CORRUPTION');
}

/** What is wrong with an agent, and up to where it is right. */
export function corrupt(agentId: string, lastGood: number | undefined, cause: Error): DrowseError {
  const upTo = lastGood === undefined ? 'Nothing of it can be read' : `It can be read up to sequence ${lastGood}`;
  const text = `Agent ${JSON.stringify(agentId)} is damaged on disk: ${cause.message}. ${upTo}.`;
  return new DrowseError('ERR_DROWSE_CORRUPT_STATE', text, { cause, agentId });
}
