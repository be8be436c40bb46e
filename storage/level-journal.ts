import type { Clock } from '../core/clock.ts';
import { DrowseError } from '../core/errors.ts';
import type { Claim } from './claim.ts';
import { type Commits, put, weigh } from './commits.ts';
import type { Database, Operation } from './database.ts';
import { seal } from './envelope.ts';
import { type Head, sealHead } from './head.ts';
import { chunkKey, generationPrefix, headKey, recordKey, tombstoneKey } from './keys.ts';
import type { Step } from './messages.ts';
import { checkAppend, checkSnapshot, closedError, fencedError } from './refusals.ts';
import { operationsOf } from './steps.ts';
import type { Journal } from './store.ts';
import type { Sweeper } from './sweeper.ts';
import { sealTombstone } from './tombstone.ts';

/** The parts of a store that its journals write through. */
export interface WritePath {
  readonly database: Database;
  readonly commits: Commits;
  readonly sweeper: Sweeper;
  readonly clock: Pick<Clock, 'now'>;
}

/** Where a journal starts. */
export interface Position {
  readonly sequence: number;
  /** The newest generation there has ever been. */
  readonly generation: number;
  /** Undefined for an agent that does not exist. */
  readonly head: Head | undefined;
}

const CHUNK_BYTES = 1024 * 1024;

/** One agent's journal in a LevelStore. Bytes are copied before a call returns. */
export class LevelJournal implements Journal {
  readonly #path: WritePath;
  readonly #claim: Claim;
  #sequence: number;
  #generation: number;
  #head: Head | undefined;
  #prefix: Buffer;
  /** Writes that did not succeed, or not yet. */
  #unconfirmed = 0;
  /** How many writes of the store had failed when the newest of them was made. */
  #failures = 0;

  constructor(path: WritePath, claim: Claim, position: Position) {
    this.#path = path;
    this.#claim = claim;
    this.#sequence = position.sequence;
    this.#generation = position.generation;
    this.#head = position.head;
    this.#prefix = generationPrefix(claim.agentId, position.generation);
  }

  get sequence(): number {
    return this.#sequence;
  }

  append(record: Uint8Array, steps: readonly Step[] = []): Promise<void> {
    const refusal = this.#refusal();
    if (refusal) return Promise.reject(refusal);
    checkAppend(this.#sequence);
    this.#sequence += 1;
    const operation = put(recordKey(this.#prefix, this.#sequence), seal(record, this.#sequence));
    return this.#commit([operation, ...operationsOf(steps)]);
  }

  snapshot(sequence: number, snapshot: Uint8Array, steps: readonly Step[] = []): Promise<void> {
    const refusal = this.#refusal();
    if (refusal) return Promise.reject(refusal);
    checkSnapshot(this.#sequence, sequence);
    const { agentId } = this.#claim;
    const before = this.#head;
    this.#sequence = sequence;
    this.#generation += 1;
    this.#prefix = generationPrefix(agentId, this.#generation);
    const operations: Operation[] = chunks(this.#prefix, snapshot);
    this.#head = {
      generation: this.#generation,
      sequence,
      chunks: operations.length,
      length: snapshot.length,
      createdAt: before?.createdAt ?? this.#path.clock.now(),
    };
    operations.push(put(headKey(agentId), sealHead(this.#head)), ...operationsOf(steps));
    if (before === undefined) return this.#commit([...operations, { kind: 'count', by: 1 }]);
    const tombstone = { generation: before.generation, head: before };
    const committed = this.#commit([...operations, put(tombstoneKey(agentId), sealTombstone(tombstone))]);
    this.#path.sweeper.sweep(agentId, before.generation, committed);
    return committed;
  }

  write(steps: readonly Step[]): Promise<void> {
    const refusal = this.#refusal();
    return refusal ? Promise.reject(refusal) : this.#commit(operationsOf(steps));
  }

  close(): void {
    this.#claim.release();
  }

  #commit(operations: readonly Operation[]): Promise<void> {
    const committed = this.#path.commits.commit(operations, weigh(operations));
    this.#claim.track(committed);
    this.#unconfirmed += 1;
    this.#failures = this.#path.commits.failures;
    committed.then(
      () => {
        this.#unconfirmed -= 1;
      },
      () => {},
    );
    return committed;
  }

  /** Asked before arguments are looked at: a refused write leaves `sequence` behind what its caller counts. */
  #refusal(): DrowseError | undefined {
    const { agentId } = this.#claim;
    if (this.#path.commits.closed) return closedError();
    if (this.#unconfirmed > 0 && this.#failures !== this.#path.commits.failures) {
      const text = `A write for ${JSON.stringify(agentId)} failed, so where it stands is unknown. Open it again.`;
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
