import { create, type Patches } from 'mutative';
import { bytesOf, decode, isTooDeep, type Packed, pack, sizeOf } from '../core/codec.ts';
import { DrowseError } from '../core/errors.ts';
import type { Measure } from '../core/plain-json.ts';
import { onDraft, undraft } from './drafts.ts';
import { GrowingArrays } from './growing-arrays.ts';
import { foreign, graft, isReplayable, Replay } from './patches.ts';
import type { Change } from './protocol.ts';
import { Holders, Loans } from './values.ts';

/** The root of every draft: it makes assigning the whole state a change like any other, and lets a state be a number. */
export interface Root {
  state: unknown;
}

/** What a snapshot holds: the state, and the version of the definition that wrote it. */
export interface Snapshot {
  readonly version: number;
  readonly state: unknown;
}

/**
 * What a snapshot may hold to be JSON, read in 50 µs or less. V8's codec is no slower, but takes a thread a millisecond to load as its
 * agent wakes.
 */
const WHOLE: Measure = { parts: 1_024, text: 32_768 };

const PATCHES = { pathAsArray: true, arrayLengthAssignment: true } as const;

/** A snapshot is due when the records after it outgrow it, but not before they have this many bytes together. */
const MIN_TAIL_BYTES = 32 * 1024;

/**
 * A sleep leaves so many records as they are, if they are no more than this part of what makes a snapshot due in a turn. A thread that
 * has just started takes 25 µs to apply one.
 */
const SHORT_TAIL = { records: 16, part: 1 / 8 };

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
  /** Nothing in it can be used from now on; a change that was not taken over is dropped. */
  revoke(): void;
}

interface Sizes {
  readonly snapshotBytes: number;
  /** Of all records after the snapshot together. */
  readonly tailBytes: number;
  /** How many those are. */
  readonly records: number;
}

/**
 * An agent's state inside its thread: immutable values, one draft at a time, and the sizes that say when a snapshot is
 * the better record. Lived is what is kept: what a turn put into the state is taken over as it was encoded, a copy of
 * which the agent's code has nothing in hand.
 *
 * Of identity, what one record or snapshot holds keeps its own: a part that a turn put in two places, or in a cycle, is
 * one part. It goes on as two once a turn changes it through one of its places, and a cycle is unrolled as far as the
 * change goes. A part that a turn moves, or puts in a second place, is a copy from the turn's end on.
 */
export class AgentState {
  readonly #version: number;
  readonly #maxBytes: number;
  readonly #maxRecordBytes: number;
  readonly #holders = new Holders();
  readonly #growing = new GrowingArrays();
  #root: Root;
  /** Changes made outside a turn (by `activate`), to be kept with the next one; undefined where patches cannot tell them. */
  #carried: Patches | undefined = [];
  /** The state without them. */
  #kept: Root;
  #stored: Sizes | undefined;

  /**
   * `stored` is left out where the next change has to be a snapshot: nothing is stored, or nothing that patches can
   * build on. The state may then be anybody's, and is copied: throws `ERR_DROWSE_NOT_SERIALIZABLE` where it cannot be.
   */
  constructor(state: unknown, options: { version: number; maxBytes: number; maxRecordBytes: number; stored?: Sizes }) {
    this.#root = { state: options.stored ? state : decode(pack(state, 'state')) };
    this.#kept = this.#root;
    this.#holders.learn(this.#root);
    this.#version = options.version;
    this.#maxBytes = options.maxBytes;
    this.#maxRecordBytes = options.maxRecordBytes;
    this.#stored = options.stored;
  }

  /** What is on disk of this state, or on its way there; undefined before the first change that is kept. */
  get stored(): Readonly<Sizes> | undefined {
    return this.#stored;
  }

  /**
   * Whether a sleep should put a snapshot in the place of the records. A few of them take the next wake little, and an agent that
   * wakes for single messages would be written anew for each.
   */
  get hasLongTail(): boolean {
    const { tailBytes = 0, records = 0 } = this.#stored ?? {};
    return records > SHORT_TAIL.records || tailBytes > SHORT_TAIL.part * this.#maxTailBytes;
  }

  draft(): Draft {
    const [root, end] = create(this.#root, { enablePatches: PATCHES });
    let revoked = false;
    const finalize: typeof end = () => {
      revoked = true;
      return end();
    };
    const loans = this.#holders.none ? undefined : new Loans(this.#holders);
    if (loans || !this.#growing.none) {
      onDraft(root, (node) => {
        loans?.lend(node);
        this.#growing.lend(node);
      });
    }
    const settle = (): [next: Root, patches: Patches | undefined] => {
      loans?.check();
      loans?.settle();
      const [next, patches] = finished(root, finalize);
      loans?.settleKeys();
      return [next, patches && isReplayable(this.#root, next, patches) ? patches : undefined];
    };
    return {
      root,
      finish: () => this.#keep(...settle()),
      carry: () => this.#carry(...settle()),
      revoke: () => {
        if (!revoked) finished(root, finalize);
      },
    };
  }

  snapshot(): Uint8Array {
    return bytesOf(this.#packWhole(this.#root.state));
  }

  get #maxTailBytes(): number {
    return Math.max(this.#stored?.snapshotBytes ?? 0, MIN_TAIL_BYTES);
  }

  #keep(next: Root, patches: Patches | undefined): Change | undefined {
    if (this.#stored === undefined || this.#carried === undefined || patches === undefined) {
      const change = this.#asSnapshot(next);
      this.#become(this.#detached(change.packed));
      return change;
    }
    const all = this.#carried.length === 0 ? patches : [...this.#carried, ...patches];
    if (all.length === 0) return undefined;
    const record = packPart(all, next.state);
    const root = this.#carried.length === 0 ? this.#graft(next, patches, record) : this.#replay(record);
    const { snapshotBytes, records } = this.#stored;
    const size = sizeOf(record);
    const tailBytes = this.#stored.tailBytes + size;
    // A snapshot is stored in pieces, a record in one.
    const outgrown = tailBytes > this.#maxTailBytes || size > this.#maxRecordBytes;
    // Only the whole state has an exact size; it is worked out where the sum of the parts could be over the limit.
    const change: Change =
      outgrown || snapshotBytes + tailBytes > this.#maxBytes
        ? this.#asSnapshot(root)
        : { kind: 'record', packed: record };
    if (change.kind === 'record') this.#stored = { snapshotBytes, tailBytes, records: records + 1 };
    this.#become(root);
    this.#growing.learn(root, patches);
    return change;
  }

  #carry(next: Root, patches: Patches | undefined): void {
    if (patches === undefined) {
      this.#carried = undefined;
      this.#root = this.#detached(packPart({ state: next.state }, next.state));
    } else if (patches.length > 0) {
      const packed = packPart(patches, next.state);
      this.#root = this.#graft(next, patches, packed);
      this.#carried = this.#carried && [...this.#carried, ...(decode(packed) as Patches)];
    }
  }

  #become(root: Root): void {
    this.#root = root;
    this.#kept = root;
    this.#carried = [];
  }

  /** Replaces what the agent's code put into `next` by copies. `packed` is what the patches are. */
  #graft(next: Root, patches: Patches, packed: Packed): Root {
    const theirs = foreign(this.#root, patches);
    if (theirs.length === 0) return next;
    const copies = decode(theirs.length === patches.length ? packed : pack(theirs, 'state')) as Patches;
    graft(next, copies, (value, container) => this.#holders.learn(value, container));
    return next;
  }

  /** A copy of a whole state. */
  #detached(packed: Packed): Root {
    const root: Root = { state: (decode(packed) as Root).state };
    this.#holders.learn(root);
    return root;
  }

  #replay(packed: Packed): Root {
    const replay = new Replay(this.#kept);
    replay.apply(decode(packed) as Patches);
    this.#holders.learn(replay.root);
    return replay.root;
  }

  #packWhole(state: unknown): Packed {
    return packPart({ version: this.#version, state } satisfies Snapshot, state, WHOLE);
  }

  #asSnapshot(next: Root): Change {
    const packed = this.#packWhole(next.state);
    const size = sizeOf(packed);
    if (size > this.#maxBytes) {
      throw new DrowseError(
        'ERR_DROWSE_STATE_TOO_LARGE',
        `The state would be ${size} bytes; maxStateMb allows ${this.#maxBytes}. Keep less in it, or raise maxStateMb.`,
      );
    }
    this.#stored = { snapshotBytes: size, tailBytes: 0, records: 0 };
    return { kind: 'snapshot', packed };
  }
}

/** What a draft has become; without patches where a part of it was put into itself, which mutative cannot tell in them. */
function finished(root: Root, finalize: () => [Root, Patches, Patches]): [next: Root, patches: Patches | undefined] {
  try {
    const [next, patches] = finalize();
    return [next, patches];
  } catch (error) {
    if (!isTooDeep(error)) throw error;
    return [undraft(root) as Root, undefined];
  }
}

/** Encodes what is stored of a state. An error names the path in the state, not in its packing. */
function packPart(part: unknown, state: unknown, measure?: Measure): Packed {
  try {
    return pack(part, 'state', measure);
  } catch (error) {
    pack(state, 'state');
    throw error;
  }
}
