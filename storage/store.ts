import type { Messages, Pending, Step } from './messages.ts';

/**
 * The store contract: what the runtime asks of a place that keeps agents. test/storage/contract.ts is its definition in
 * tests: what passes that is a store.
 *
 * A store keeps, for each agent, one snapshot and the records after it, numbered on from the snapshot's sequence
 * without a gap. All of them are bytes it never reads. Beside them it keeps {@link Messages}.
 */
export interface Store {
  /** How many agents exist, from a persisted counter: no scan. */
  readonly total: number;

  /** The number of the write under way, no two of which have the same; undefined where none is. */
  readonly writing: number | undefined;

  readonly messages: Messages;

  /**
   * Claims an agent for writing, whether it exists or not, and reads what is kept of it. The newest claim owns the
   * agent: a write through an older journal rejects with `ERR_DROWSE_FENCED` and changes nothing.
   * Rejects with `ERR_DROWSE_CORRUPT_STATE` where what is kept is damaged.
   */
  open(agentId: string): Promise<Opened>;

  /** What is kept of an agent at one moment, without claiming it; undefined if it does not exist. */
  read(agentId: string): Promise<Stored | undefined>;

  /** The agents that exist, in the order of their ids' UTF-8 bytes, read as the loop goes. */
  list(query?: ListQuery): AsyncIterable<Listed>;

  /**
   * Removes all that is kept of an agent and fences its journals; false if it does not exist. Of its messages, alarms,
   * answers and dead letters, those with numbers below `before` go, by default all there are at the call.
   */
  delete(agentId: string, before?: number): Promise<boolean>;

  /** Waits for writes under way, then lets go of the place. Later calls reject with `ERR_DROWSE_CLOSED`. */
  close(): Promise<void>;
}

/**
 * One agent's place to write, owned by one incarnation. Writes take effect, and settle, in the order of their calls; the
 * bytes are copied at the call. A write that does not fit the sequence throws a `RangeError`. After a failed write the
 * journal rejects all others with `ERR_DROWSE_STORE_FAILED`: its owner closes it and opens the agent again. A closed
 * journal rejects with `ERR_DROWSE_FENCED`.
 */
export interface Journal {
  /** The sequence of the newest write accepted; 0 for an agent that does not exist yet. */
  readonly sequence: number;
  /**
   * Adds the record `sequence + 1`, and makes the changes to messages that belong to it: together or not at all. Resolves
   * once it is as durable as the store was asked to make it.
   */
  append(record: Uint8Array, steps?: readonly Step[]): Promise<void>;
  /**
   * Replaces all that is kept by a snapshot that stands for everything up to `sequence`, which is this journal's or one
   * more. The first write of a new agent is its snapshot 1. Resolves like {@link append}.
   */
  snapshot(sequence: number, snapshot: Uint8Array, steps?: readonly Step[]): Promise<void>;
  /** Makes changes to messages alone, in the order of the other writes. */
  write(steps: readonly Step[]): Promise<void>;
  /** Gives the claim back. Writes already made still settle. */
  close(): void;
}

export interface Opened {
  readonly journal: Journal;
  /** Undefined for an agent that does not exist yet. */
  readonly stored: Stored | undefined;
  /** What waits for the agent. */
  readonly pending: Pending;
}

export interface Stored {
  readonly snapshot: Uint8Array;
  /** The records after the snapshot, oldest first. */
  readonly records: readonly Uint8Array[];
  /** The sequence of the newest record, or of the snapshot where there is none after it. */
  readonly sequence: number;
  /** When the first turn committed, in milliseconds since 1970. */
  readonly createdAt: number;
}

export interface ListQuery {
  /** Only ids that start with this. */
  readonly prefix?: string;
  /** Only ids after this one, which need not exist. */
  readonly after?: string;
  readonly limit?: number;
}

export interface Listed {
  readonly agentId: string;
  /** Undefined where what is kept of the agent is damaged. */
  readonly createdAt: number | undefined;
}

/** When a write counts as done: on the disk (`fsync`), or in the operating system's hands (`os`: survives the death of the process, not of the machine). */
export type Durability = 'fsync' | 'os';
