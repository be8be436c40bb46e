import { create, type Patches } from 'mutative';
import { decode, encode } from '../core/codec.ts';
import { DrowseError } from '../core/errors.ts';
import { isReplayable, Replay } from './patches.ts';
import type { Change } from './protocol.ts';

/** The root of every draft: it makes assigning the whole state a change like any other, and lets a state be a number. */
export interface Root {
  state: unknown;
}

/** What a snapshot holds: the state, and the version of the definition that wrote it. */
export interface Snapshot {
  readonly version: number;
  readonly state: unknown;
}

const PATCHES = { pathAsArray: true, arrayLengthAssignment: true } as const;

/** A snapshot is due when the records after it outgrow it, but not before they have this many bytes together. */
const MIN_TAIL_BYTES = 32 * 1024;

/** Rebuilds a state from what is kept of it. Records are patches, in the order they were made. */
export function fold(snapshot: Uint8Array, records: readonly Uint8Array[]): Snapshot {
  const { version, state } = decode(snapshot) as Snapshot;
  const replay = new Replay<Root>({ state });
  for (const record of records) replay.apply(decode(record) as Patches);
  return { version, state: replay.root.state };
}

/** A change worked out but not yet taken over: dropping it is all that a rollback is. */
export interface Draft {
  readonly root: Root;
  /** Takes the change over, to be stored. Throws if the new state cannot be; it is then as it was before the draft. */
  finish(): Change | undefined;
  /** Takes the change over in the thread alone; it is stored with the next one. */
  carry(): void;
}

interface Sizes {
  readonly snapshotBytes: number;
  /** Of all records after the snapshot together. */
  readonly tailBytes: number;
}

/**
 * An agent's state inside its thread: immutable values, one draft at a time, and the sizes that say when a snapshot is
 * the better record.
 */
export class AgentState {
  readonly #version: number;
  readonly #maxBytes: number;
  #root: Root;
  /** Changes made outside a turn (by `activate`), to be kept with the next one. */
  #carried: Patches = [];
  #carriedReplays = true;
  #stored: Sizes | undefined;

  /** `stored` is left out where the next change has to be a snapshot: nothing is stored, or nothing that patches can build on. */
  constructor(state: unknown, options: { version: number; maxBytes: number; stored?: Sizes }) {
    this.#root = { state };
    this.#version = options.version;
    this.#maxBytes = options.maxBytes;
    this.#stored = options.stored;
  }

  /** What is on disk of this state, or on its way there; undefined before the first change that is kept. */
  get stored(): Readonly<Sizes> | undefined {
    return this.#stored;
  }

  draft(): Draft {
    const [root, finalize] = create(this.#root, { enablePatches: PATCHES });
    return {
      root,
      finish: () => {
        const [next, patches] = finalize();
        const change = this.#encode(next, patches);
        this.#root = next;
        this.#carried = [];
        this.#carriedReplays = true;
        return change;
      },
      carry: () => {
        const [next, patches] = finalize();
        this.#carriedReplays &&= isReplayable(this.#root, next, patches);
        this.#root = next;
        this.#carried = [...this.#carried, ...patches];
      },
    };
  }

  snapshot(): Uint8Array {
    return encode({ version: this.#version, state: this.#root.state } satisfies Snapshot, 'state');
  }

  #encode(next: Root, patches: Patches): Change | undefined {
    if (this.#stored === undefined) return this.#asSnapshot(next);
    const all = [...this.#carried, ...patches];
    if (all.length === 0) return undefined;
    if (!this.#carriedReplays || !isReplayable(this.#root, next, patches)) return this.#asSnapshot(next);
    const bytes = encodePart(all, next.state);
    const { snapshotBytes } = this.#stored;
    const tailBytes = this.#stored.tailBytes + bytes.length;
    const outgrown = tailBytes > Math.max(snapshotBytes, MIN_TAIL_BYTES);
    // Only the whole state has an exact size; it is worked out where the sum of the parts could be over the limit.
    if (outgrown || snapshotBytes + tailBytes > this.#maxBytes) return this.#asSnapshot(next);
    this.#stored = { snapshotBytes, tailBytes };
    return { kind: 'record', bytes };
  }

  #asSnapshot(next: Root): Change {
    const bytes = encodePart({ version: this.#version, state: next.state } satisfies Snapshot, next.state);
    if (bytes.length > this.#maxBytes) {
      throw new DrowseError(
        'ERR_DROWSE_STATE_TOO_LARGE',
        `The state would be ${bytes.length} bytes; maxStateMb allows ${this.#maxBytes}. Keep less in it, or raise maxStateMb.`,
      );
    }
    this.#stored = { snapshotBytes: bytes.length, tailBytes: 0 };
    return { kind: 'snapshot', bytes };
  }
}

/** Encodes what is stored of a state. An error names the path in the state, not in its packing. */
function encodePart(part: unknown, state: unknown): Uint8Array {
  try {
    return encode(part, 'state');
  } catch (error) {
    encode(state, 'state');
    throw error;
  }
}
