/**
 * Every key of a store on disk. An agent id is UTF-8 without control characters, so a NUL ends it where something
 * follows, and `list` is one range over the heads, in the order of the ids' bytes. Numbers are 6 bytes, big-endian,
 * so that they sort.
 *
 *     a <id>                                    head: where the agent stands; it exists if this does
 *     d <id> NUL <generation> c <chunk>         one chunk of the snapshot that began the generation
 *     d <id> NUL <generation> r <sequence>      one record after that snapshot
 *     m format                                  format of the store, as text
 *     m total                                   how many heads there are
 *     q <moment> <key>                          a damaged row that a repair set aside
 *     t <id>                                    tombstone: all of the agent up to this generation is dead, to be swept
 *
 * Each snapshot begins a generation, so replacing one never touches what readers of the old one see.
 */

const NUMBER_BYTES = 6;
const CHUNK = 0x63;
const RECORD = 0x72;

/** A half-open stretch of keys. */
export interface Range {
  readonly gte: Buffer;
  readonly lt: Buffer;
}

export const FORMAT_KEY: Buffer = Buffer.from('m format');
export const TOTAL_KEY: Buffer = Buffer.from('m total');

export function headKey(agentId: string): Buffer {
  return Buffer.from(`a${agentId}`);
}

/** No byte of UTF-8 is 0xff, so it closes any range of ids. */
export function headRange(prefix: string): Range {
  return { gte: headKey(prefix), lt: Buffer.concat([headKey(prefix), Buffer.of(0xff)]) };
}

export function tombstoneKey(agentId: string): Buffer {
  return Buffer.from(`t${agentId}`);
}

export function tombstoneRange(): Range {
  return { gte: tombstoneKey(''), lt: Buffer.from('u') };
}

/** The agent of a head or tombstone. */
export function agentIdOf(key: Buffer): string {
  return key.toString('utf8', 1);
}

/** What every key of one generation of an agent starts with. */
export function generationPrefix(agentId: string, generation: number): Buffer {
  const id = Buffer.from(`d${agentId}\0`);
  const prefix = Buffer.allocUnsafe(id.length + NUMBER_BYTES);
  prefix.set(id);
  prefix.writeUIntBE(generation, id.length, NUMBER_BYTES);
  return prefix;
}

/** All chunks and records of an agent up to a generation, that one included. */
export function generationRange(agentId: string, last: number): Range {
  return { gte: generationPrefix(agentId, 0), lt: generationPrefix(agentId, last + 1) };
}

/** All chunks and records of an agent. */
export function dataRange(agentId: string): Range {
  return { gte: Buffer.from(`d${agentId}\0`), lt: Buffer.from(`d${agentId}\x01`) };
}

/** The generation of a chunk or record. */
export function generationOf(key: Buffer): number {
  return key.readUIntBE(key.length - 2 * NUMBER_BYTES - 1, NUMBER_BYTES);
}

export function chunkKey(prefix: Buffer, chunk: number): Buffer {
  return dataKey(prefix, CHUNK, chunk);
}

export function recordKey(prefix: Buffer, sequence: number): Buffer {
  return dataKey(prefix, RECORD, sequence);
}

/** The records of one generation, from a sequence on. */
export function recordRange(prefix: Buffer, from: number): Range {
  return { gte: recordKey(prefix, from), lt: Buffer.concat([prefix, Buffer.of(RECORD + 1)]) };
}

function dataKey(prefix: Buffer, kind: number, number: number): Buffer {
  const { length } = prefix;
  const key = Buffer.allocUnsafe(length + 1 + NUMBER_BYTES);
  key.set(prefix);
  key[length] = kind;
  key.writeUIntBE(number, length + 1, NUMBER_BYTES);
  return key;
}
