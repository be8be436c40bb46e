import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import { inspect, isDeepStrictEqual, types } from 'node:util';
import { asError } from '../core/errors.ts';
import type { SharedPiece } from '../workers/protocol.ts';
import { invalid } from './settings.ts';

/** What files are by how their names end; all others are bytes. */
const KINDS: Readonly<Record<string, SharedPiece['kind']>> = {
  '.json': 'json',
  '.txt': 'text',
  '.md': 'text',
  '.csv': 'text',
  '.html': 'text',
  '.xml': 'text',
  '.yaml': 'text',
  '.yml': 'text',
};

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

type Content = Pick<SharedPiece, 'kind' | 'bytes'>;

/** Data that all agents read and none of them keeps: each piece once, in memory that all threads share. */
export class SharedData {
  readonly #pieces: Map<string, SharedPiece>;
  #version = 0;

  private constructor(pieces: Map<string, SharedPiece>) {
    this.#pieces = pieces;
  }

  /** Takes values, and reads files. Rejects with `ERR_DROWSE_INVALID_OPTIONS` naming the one that is none, or cannot be read. */
  static async read(declared: Readonly<Record<string, unknown>> = {}): Promise<SharedData> {
    const isRecord = typeof declared === 'object' && declared !== null && !Array.isArray(declared);
    if (!isRecord || declared instanceof Map)
      throw invalid(
        `shared must be an object that maps names to files or values, not ${inspect(declared, { depth: 0 })}`,
      );
    const read = async (name: string, value: unknown): Promise<[string, SharedPiece]> => {
      const content = value instanceof URL ? await readContent(name, value) : contentOf(name, value);
      return [name, { ...content, version: 0 }];
    };
    return new SharedData(
      new Map(await Promise.all(Object.entries(declared).map(([name, value]) => read(name, value)))),
    );
  }

  get pieces(): ReadonlyMap<string, SharedPiece> {
    return this.#pieces;
  }

  /** How many have been replaced. */
  get version(): number {
    return this.#version;
  }

  /** Replaces one; returns the new one and the old. Throws `ERR_DROWSE_INVALID_OPTIONS`, and replaces nothing, for a name that was not declared. */
  replace(name: string, value: unknown): { piece: SharedPiece; before: SharedPiece } {
    const before = this.#pieces.get(name);
    if (before === undefined) {
      const names = [...this.#pieces.keys()].join(', ') || 'none';
      throw invalid(
        `shared data ${JSON.stringify(name)} was not declared when the host was opened; there are: ${names}`,
      );
    }
    if (value instanceof URL)
      throw invalid(`shared.${name}: files are read when the host is opened: read it, and give what is in it`);
    const piece = { ...contentOf(name, value), version: this.#version + 1 };
    this.#version = piece.version;
    this.#pieces.set(name, piece);
    return { piece, before };
  }
}

async function readContent(name: string, file: URL): Promise<Content> {
  const kind = KINDS[extname(file.pathname).toLowerCase()] ?? 'bytes';
  try {
    const bytes = await readShared(file);
    if (kind === 'bytes') return { kind, bytes };
    if (!isUtf8(bytes)) throw new Error('it is not encoded in UTF-8');
    const unmarked = BYTE_ORDER_MARK.every((byte, at) => bytes[at] === byte) ? bytes.subarray(3) : bytes;
    if (kind === 'json') JSON.parse(Buffer.from(unmarked).toString());
    return { kind, bytes: unmarked };
  } catch (cause) {
    throw invalid(`shared.${name} cannot be read from ${file.href}: ${asError(cause).message}`, cause);
  }
}

/** Straight into shared memory: what a buffer in between had taken would stay with the C library. */
async function readShared(file: URL): Promise<Uint8Array> {
  await using handle = await open(file);
  const { size } = await handle.stat();
  const bytes = new Uint8Array(new SharedArrayBuffer(size));
  let length = 0;
  for (let read = size; read > 0; length += read) ({ bytesRead: read } = await handle.read(bytes, length));
  return bytes.subarray(0, length);
}

function contentOf(name: string, value: unknown): Content {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw invalid(`shared.${name} is no text: it holds half of a surrogate pair`);
    return { kind: 'text', bytes: shared(Buffer.from(value)) };
  }
  if (value instanceof Uint8Array) return { kind: 'bytes', bytes: shared(value) };
  if (types.isAnyArrayBuffer(value)) return { kind: 'bytes', bytes: shared(new Uint8Array(value)) };
  return { kind: 'json', bytes: shared(Buffer.from(jsonOf(name, value))) };
}

/** The JSON of a value that is the same again once it is read. */
function jsonOf(name: string, value: unknown): string {
  try {
    const json = JSON.stringify(value);
    if (isDeepStrictEqual(JSON.parse(json), value)) return json;
  } catch (cause) {
    throw unfaithful(name, cause);
  }
  throw unfaithful(name);
}

function unfaithful(name: string, cause?: unknown): Error {
  const takes = 'a file URL, a text, a Uint8Array or ArrayBuffer, or what JSON holds as it is';
  const why = cause === undefined ? '' : `: ${asError(cause).message}`;
  return invalid(`shared.${name} must be ${takes}, which this value is not${why}`, cause);
}

function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
