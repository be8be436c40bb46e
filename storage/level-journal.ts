import type { Clock } from '../core/clock.ts';
import { DrowseError } from '../core/errors.ts';
import type { Claim } from './claim.ts';
import type { Database, Operation } from './database.ts';
import { seal, sealNumber } from './envelope.ts';
import type { GroupCommit } from './group-commit.ts';
import { type Head, sealHead } from './head.ts';
import { chunkKey, generationPrefix, headKey, recordKey, tombstoneKey } from './keys.ts';
import { checkAppend, checkSnapshot, closedError, fencedError } from './refusals.ts';
import type { Journal } from './store.ts';
import type { Sweeper } from './sweeper.ts';

/** The parts of a store that its journals write through. */
export interface WritePath {
  readonly database: Database;
  readonly commits: GroupCommit<Operation>;
  readonly sweeper: Sweeper;
  readonly clock: Pick<Clock, 'now'>;
}

/** Where a journal starts. `failures` is the database's count before any of it was read. */
export interface Position {
  readonly sequence: number;
  readonly generation: number;
  readonly createdAt: number | undefined;
  readonly failures: number;
}

const CHUNK_BYTES = 1024 * 1024;

/** One agent's journal in a LevelStore. Bytes are copied before a call returns. */
export class LevelJournal implements Journal {
  readonly #path: WritePath;
  readonly #claim: Claim;
  readonly #failures: number;
  #sequence: number;
  #generation: number;
  #createdAt: number | undefined;
  #prefix: Buffer;

  constructor(path: WritePath, claim: Claim, position: Position) {
    this.#path = path;
    this.#claim = claim;
    this.#failures = position.failures;
    this.#sequence = position.sequence;
    this.#generation = position.generation;
    this.#createdAt = position.createdAt;
    this.#prefix = generationPrefix(claim.agentId, position.generation);
  }

  get sequence(): number {
    return this.#sequence;
  }

  append(record: Uint8Array): Promise<void> {
    const refusal = this.#refusal();
    if (refusal) return Promise.reject(refusal);
    checkAppend(this.#sequence);
    this.#sequence += 1;
    return this.#commit([put(recordKey(this.#prefix, this.#sequence), seal(record, this.#sequence))]);
  }

  snapshot(sequence: number, snapshot: Uint8Array): Promise<void> {
    const refusal = this.#refusal();
    if (refusal) return Promise.reject(refusal);
    checkSnapshot(this.#sequence, sequence);
    const { agentId } = this.#claim;
    const dead = this.#generation;
    const isNew = this.#createdAt === undefined;
    this.#createdAt ??= this.#path.clock.now();
    this.#sequence = sequence;
    this.#generation += 1;
    this.#prefix = generationPrefix(agentId, this.#generation);
    const operations: Operation[] = chunks(this.#prefix, snapshot);
    const head: Head = {
      generation: this.#generation,
      sequence,
      chunks: operations.length,
      length: snapshot.length,
      createdAt: this.#createdAt,
    };
    operations.push(put(headKey(agentId), sealHead(head)));
    if (isNew) return this.#commit([...operations, { kind: 'count', by: 1 }]);
    const committed = this.#commit([...operations, put(tombstoneKey(agentId), sealNumber(dead))]);
    this.#path.sweeper.sweep(agentId, dead, committed);
    return committed;
  }

  close(): void {
    this.#claim.release();
  }

  #commit(operations: readonly Operation[]): Promise<void> {
    const committed = this.#path.commits.commit(operations, weigh(operations));
    this.#claim.track(committed);
    return committed;
  }

  /** Asked before arguments are looked at: a refused write leaves `sequence` behind what its caller counts. */
  #refusal(): DrowseError | undefined {
    const { agentId } = this.#claim;
    if (this.#path.commits.closed) return closedError();
    if (this.#failures !== this.#path.database.failures) {
      const text = `A write failed since ${JSON.stringify(agentId)} was opened, so where it stands is unknown. Open it again.`;
      return new DrowseError('ERR_DROWSE_STORE_FAILED', text, { agentId });
    }
    return this.#claim.held ? undefined : fencedError(agentId);
  }
}

/** One chunk at least, so that an empty snapshot is found missing too. */
function chunks(prefix: Buffer, snapshot: Uint8Array): Operation[] {
  const operations: Operation[] = [];
  for (let at = 0; at < snapshot.length || at === 0; at += CHUNK_BYTES) {
    const number = operations.length + 1;
    operations.push(put(chunkKey(prefix, number), seal(snapshot.subarray(at, at + CHUNK_BYTES), number)));
  }
  return operations;
}

function put(key: Buffer, value: Buffer): Operation {
  return { kind: 'put', key, value };
}

function weigh(operations: readonly Operation[]): number {
  let bytes = 0;
  for (const operation of operations) {
    if (operation.kind === 'put') bytes += operation.key.length + operation.value.length;
  }
  return bytes;
}
