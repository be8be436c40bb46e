/**
 * Every key of a store on disk. An agent id is UTF-8 without control characters, so a NUL ends it where something
 * follows, and `list` is one range over the heads, in the order of the ids' bytes. Numbers are 6 bytes, big-endian,
 * so that they sort.
 *
 *     a <id>                                    head: where the agent stands; it exists if this does
 *     d <id> NUL <generation> c <chunk>         one chunk of the snapshot that began the generation
 *     d <id> NUL <generation> r <sequence>      one record after that snapshot
 *     i <id> NUL <number>                       inbox: a message told to the agent and not processed yet
 *     i <id> NUL <number> n                     notes: the attempts at that message, or at the alarm of that number
 *     k <id> NUL <key>                          answer: what was replied under an idempotency key
 *     l <at> <id> NUL <name>                    index of all alarms, in the order of their times
 *     m format                                  format of the store, as text
 *     m next                                    no number was given out from here on
 *     m total                                   how many heads there are
 *     o <id> NUL <number>                       the answers of the agent, in the order they were given
 *     q <moment> <key>                          a damaged row that a repair set aside
 *     t <id>                                    tombstone: all of the agent up to this generation is dead, to be swept
 *     u <id>                                    purge: what is numbered below was deleted with the agent, to be swept
 *     w <id> NUL <name>                         alarm
 *     x <id> NUL <number>                       dead letter
 *     y <id> NUL                                quarantine: the agent is not to be started
 *
 * Each snapshot begins a generation, so replacing one never touches what readers of the old one see. Messages, alarms,
 * answers and dead letters carry numbers from one count that only grows: a message that comes after a delete has a higher one than
 * all that was deleted.
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
export const NEXT_KEY: Buffer = Buffer.from('m next');
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

export function purgeKey(agentId: string): Buffer {
  return Buffer.from(`u${agentId}`);
}

export function purgeRange(): Range {
  return { gte: purgeKey(''), lt: Buffer.from('v') };
}

/** The agent of a head, tombstone or purge. */
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

/** The rows an agent has beside its head and data, by what their keys begin with. */
export const ROWS = { inbox: 'i', answers: 'k', order: 'o', alarms: 'w', letters: 'x', quarantine: 'y' } as const;

export type RowKind = keyof typeof ROWS;

const NOTES = 0x6e;

/** All rows of one kind: of one agent, or of all. */
export function rowRange(kind: RowKind, agentId?: string): Range {
  if (agentId === undefined) return { gte: Buffer.from(ROWS[kind]), lt: Buffer.from(next(ROWS[kind])) };
  return { gte: Buffer.from(`${ROWS[kind]}${agentId}\0`), lt: Buffer.from(`${ROWS[kind]}${agentId}\x01`) };
}

/** The rows of all agents whose ids start with this. */
export function rowsOf(kind: RowKind, prefix: string): Range {
  const gte = Buffer.from(`${ROWS[kind]}${prefix}`);
  return { gte, lt: Buffer.concat([gte, Buffer.of(0xff)]) };
}

export function numberedKey(kind: 'inbox' | 'order' | 'letters', agentId: string, number: number): Buffer {
  return Buffer.concat([Buffer.from(`${ROWS[kind]}${agentId}\0`), numberBytes(number)]);
}

export function notesKey(agentId: string, number: number): Buffer {
  return Buffer.concat([numberedKey('inbox', agentId, number), Buffer.of(NOTES)]);
}

export function namedKey(kind: 'answers' | 'alarms' | 'quarantine', agentId: string, name: string): Buffer {
  return Buffer.from(`${ROWS[kind]}${agentId}\0${name}`);
}

/** A row's key taken apart; `isNotes` where it is the notes on a message. Undefined for one that is no such row. */
export function parseRowKey(
  key: Buffer,
): { kind: RowKind; agentId: string; number?: number; name?: string; isNotes: boolean } | undefined {
  const nul = key.indexOf(0);
  const kind = KIND_OF.get(key.toString('latin1', 0, 1));
  if (nul < 1 || kind === undefined) return undefined;
  const agentId = key.toString('utf8', 1, nul);
  if (kind === 'answers' || kind === 'alarms' || kind === 'quarantine') {
    return { kind, agentId, name: key.toString('utf8', nul + 1), isNotes: false };
  }
  const isNotes = kind === 'inbox' && key.length === nul + 2 + NUMBER_BYTES && key.at(-1) === NOTES;
  if (!isNotes && key.length !== nul + 1 + NUMBER_BYTES) return undefined;
  return { kind, agentId, number: key.readUIntBE(nul + 1, NUMBER_BYTES), isNotes };
}

const KIND_OF = new Map((Object.keys(ROWS) as RowKind[]).map((kind) => [ROWS[kind] as string, kind]));

export function alarmIndexKey(at: number, agentId: string, name: string): Buffer {
  return Buffer.concat([Buffer.from('l'), numberBytes(at), Buffer.from(`${agentId}\0${name}`)]);
}

/** The alarms from one time up to another, both included; either may lie outside of what a key can hold. */
export function alarmIndexRange(from: number, to: number): Range {
  return { gte: alarmIndexStart(from), lt: alarmIndexStart(to + 1) };
}

function alarmIndexStart(at: number): Buffer {
  if (at >= 2 ** (8 * NUMBER_BYTES)) return Buffer.from(next('l'));
  return Buffer.concat([Buffer.from('l'), numberBytes(Math.max(at, 0))]);
}

/** Undefined for a key that is no entry of the index. */
export function parseAlarmIndexKey(key: Buffer): { at: number; agentId: string; name: string } | undefined {
  const nul = key.indexOf(0, 1 + NUMBER_BYTES);
  if (nul === -1) return undefined;
  return {
    at: key.readUIntBE(1, NUMBER_BYTES),
    agentId: key.toString('utf8', 1 + NUMBER_BYTES, nul),
    name: key.toString('utf8', nul + 1),
  };
}

function numberBytes(number: number): Buffer {
  const bytes = Buffer.allocUnsafe(NUMBER_BYTES);
  bytes.writeUIntBE(number, 0, NUMBER_BYTES);
  return bytes;
}

function next(letter: string): string {
  return String.fromCharCode(letter.charCodeAt(0) + 1);
}
