import { Lingering } from '../core/lingering.ts';
import type { SharedPiece } from './protocol.ts';

/** A value, in a holder that can be held weakly whatever it is. */
export interface Decoded {
  readonly value: unknown;
}

/** The shared data as one thread has it: pieces by name, each replaced by a newer one that comes. */
export class SharedPieces {
  readonly #replaced: Lingering;
  /** Apart from what was replaced: that is not to wait until nothing is asked for any more. */
  readonly #decoded: Lingering;
  #all: ReadonlyMap<string, HeldPiece> = new Map();
  #version = 0;

  /** `busy`: a turn may still use what was replaced. */
  constructor(busy: () => boolean) {
    this.#replaced = new Lingering(busy);
    this.#decoded = new Lingering(busy);
  }

  /** Never changed: whoever has it keeps these, whatever comes. */
  get all(): ReadonlyMap<string, HeldPiece> {
    return this.#all;
  }

  /** That of the newest piece. */
  get version(): number {
    return this.#version;
  }

  /** An older one than is here changes nothing: orders and frames come by two ports, in no order. */
  put(name: string, piece: SharedPiece): void {
    const before = this.#all.get(name);
    if (before && before.version >= piece.version) return;
    this.#all = new Map(this.#all).set(name, new HeldPiece(piece, this.#decoded));
    this.#version = Math.max(this.#version, piece.version);
    if (before) this.#replaced.add(before.size);
  }
}

/** One piece: decoded when it is asked for, and the result held for a turn, and then while it is often asked for. */
export class HeldPiece {
  readonly version: number;
  readonly #kind: SharedPiece['kind'];
  readonly #bytes: Uint8Array;
  readonly #lingering: Lingering;
  #decoded: WeakRef<Decoded> | undefined;

  constructor({ version, kind, bytes }: SharedPiece, lingering: Lingering) {
    this.#lingering = lingering;
    this.version = version;
    this.#kind = kind;
    // What came by a channel is a view on all that came with it.
    this.#bytes = bytes.buffer instanceof SharedArrayBuffer ? bytes : new Uint8Array(bytes);
  }

  get size(): number {
    return this.#bytes.length;
  }

  decode(): Decoded {
    if (this.#kind === 'bytes') return { value: this.#bytes };
    const before = this.#decoded?.deref();
    if (before) {
      this.#lingering.use();
      return before;
    }
    const { buffer, byteOffset, length } = this.#bytes;
    const text = Buffer.from(buffer, byteOffset, length).toString();
    const decoded = { value: this.#kind === 'text' ? text : frozen(JSON.parse(text)) };
    this.#decoded = new WeakRef(decoded);
    this.#lingering.add(length);
    return decoded;
  }
}

/** Freezes all of it, which takes as long as to parse it. One turn could else change what the next one is given. */
function frozen(json: unknown): unknown {
  const holders = [json].filter(isHolder);
  // It grows as it is walked.
  for (const holder of holders) {
    for (const part of Object.values(Object.freeze(holder))) if (isHolder(part)) holders.push(part);
  }
  return json;
}

function isHolder(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
