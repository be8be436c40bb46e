import { mkdtempDisposable } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Supervisor } from 'drowse';
import { Level } from 'level';
import { LevelStore } from '../storage/level-store.ts';
import { agents } from './agents.ts';
import { inChild } from './child.ts';
import { allCommitted, Conversation } from './conversation.ts';
import { type DiskWrites, diskWrites, writesSince } from './disk-writes.ts';
import { countHanded } from './handed.ts';
import { progress } from './progress.ts';
import { recording } from './recording-store.ts';
import { type Invariant, same } from './scenario.ts';
import { median } from './statistics.ts';

interface Params {
  readonly directory: string;
  readonly messages: number;
}

/** What had been handed on once a conversation had grown to so many messages. All are bytes since the first one. */
export interface Sum {
  readonly messages: number;
  /** Of the changes alone: the record of each turn. A turn kept as a snapshot counts as a record of the median size. */
  readonly encoded: number;
  /** Keys and values put to LevelDB. */
  readonly put: number;
  /** Keys deleted from it. */
  readonly deleted: number;
}

export interface GrowthBytes {
  /** One for each message. */
  readonly sums: readonly Sum[];
  readonly snapshots: number;
  /** Undefined where the system does not say. */
  readonly written: DiskWrites | undefined;
  /** The same of a bare `level` that was put as many records of the median size. */
  readonly bareWritten: DiskWrites | undefined;
  readonly invariants: readonly Invariant[];
}

const AGENT = 'conversation/growing';
/** Longer than LevelDB takes to finish the compaction that it is in. */
const SETTLE_MS = 1_000;

/** Lets a conversation grow in a process of its own, each turn fsynced, and counts what each lower edge is handed. */
export function growthBytes(params: Params): Promise<GrowthBytes> {
  return inChild(import.meta.url, 'inThisProcess', params);
}

/** For {@link growthBytes}, which names it to a child process. @public */
export async function inThisProcess({ directory, messages }: Params): Promise<GrowthBytes> {
  await using scratch = await mkdtempDisposable(join(directory, 'drowse-bench-'));
  const records: Array<Uint8Array | undefined> = [];
  const store = recording(
    await LevelStore.open({ directory: scratch.path, durability: 'fsync' }),
    ({ kind, bytes }) => {
      records.push(kind === 'record' ? new Uint8Array(bytes) : undefined);
    },
  );
  const supervisor = await Supervisor.open({ store, agents });
  const conversation = new Conversation(supervisor, AGENT);
  const handed = countHanded();
  const after: Array<Pick<Sum, 'put' | 'deleted'>> = [];
  const writtenBefore = diskWrites();
  while (conversation.length < messages) {
    if (conversation.length % 100 === 0) progress(`bytes, ${conversation.length} messages`);
    await conversation.say();
    after.push({ ...handed });
  }
  await sleep(SETTLE_MS);
  const written = writesSince(writtenBefore);

  const size = median(records.flatMap((record) => record?.length ?? []));
  let encoded = 0;
  const sums = after.map((counts, index) => {
    encoded += records[index]?.length ?? size;
    return { messages: index + 1, encoded, ...counts };
  });
  const invariants = [
    same('writes', records.length, messages),
    { name: 'no less is put than the records hold', ok: handed.put >= encoded },
    allCommitted(supervisor, [conversation]),
    ...(await conversation.invariants()),
    ...(await reopened(supervisor, conversation, scratch.path)),
  ];
  const bareWritten = await putBare(directory, messages, Math.round(size));
  const snapshots = records.filter((record) => record === undefined).length;
  return { sums, snapshots, written, bareWritten, invariants };
}

/** Closes the supervisor, opens another one over what it left, and goes on with the conversation. */
async function reopened(supervisor: Supervisor, { length }: Conversation, directory: string): Promise<Invariant[]> {
  await supervisor.close();
  await using again = await Supervisor.open({ directory, agents });
  const conversation = new Conversation(again, AGENT, length);
  const kept = await conversation.invariants();
  await conversation.say();
  return [...kept, ...(await conversation.invariants())].map(({ name, ...rest }) => ({
    name: `reopened: ${name}`,
    ...rest,
  }));
}

async function putBare(directory: string, count: number, bytes: number): Promise<DiskWrites | undefined> {
  await using scratch = await mkdtempDisposable(join(directory, 'drowse-bench-'));
  const level = new Level<Buffer, Uint8Array>(scratch.path, { keyEncoding: 'buffer', valueEncoding: 'view' });
  await level.open();
  const record = Buffer.alloc(bytes, 'x');
  const before = diskWrites();
  for (let n = 0; n < count; n += 1) {
    const key = Buffer.from(`${AGENT} 000000`);
    key.writeUIntBE(n, key.length - 6, 6);
    await level.put(key, record, { sync: true });
  }
  await sleep(SETTLE_MS);
  const written = writesSince(before);
  await level.close();
  return written;
}
