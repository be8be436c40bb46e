import type { Hash } from 'node:crypto';
import { getBuiltinModule } from 'node:process';
import { types } from 'node:util';
import { isTooDeep } from './codec.ts';
import { DrowseError } from './errors.ts';
import { v8Codec } from './v8-codec.ts';

/**
 * A text that is the same for equal messages and differs for others: SHA-256 over the value as structured clone sees it.
 * The order of an object's keys does not count, nor does how its strings came about (V8 encodes equal strings in two
 * ways); that of an array, a Map or a Set does. Takes what structured clone can copy.
 */
export function fingerprint(value: unknown): string {
  // Loaded where it is needed: few threads of agents ever do.
  const hash = getBuiltinModule('node:crypto').createHash('sha256');
  try {
    feed(hash, value, new Map());
  } catch (cause) {
    if (!isTooDeep(cause)) throw cause;
    throw new DrowseError('ERR_DROWSE_NOT_SERIALIZABLE', 'The message is nested too deeply to be told from others.', {
      cause,
    });
  }
  return hash.digest('base64url');
}

function feed(hash: Hash, value: unknown, seen: Map<object, number>): void {
  if (typeof value === 'string') return void hash.update(`s${value.length}:`).update(value, 'utf16le');
  if (typeof value !== 'object' || value === null) {
    return void hash.update(`${typeof value} ${Object.is(value, -0) ? '-0' : String(value)};`);
  }
  const met = seen.get(value);
  if (met !== undefined) return void hash.update(`#${met};`);
  seen.set(value, seen.size);
  if (Array.isArray(value)) {
    const entries = Object.entries(value);
    hash.update(`[${value.length},${entries.length};`);
    feedEntries(hash, entries, seen);
  } else if (value instanceof Map) {
    hash.update(`M${value.size};`);
    for (const pair of value) for (const part of pair) feed(hash, part, seen);
  } else if (value instanceof Set) {
    hash.update(`S${value.size};`);
    for (const part of value) feed(hash, part, seen);
  } else if (types.isNativeError(value)) {
    // Without its stack, which tells where it was made.
    hash.update('E;');
    for (const part of [value.name, value.message, value.cause]) feed(hash, part, seen);
  } else if (isPlain(value)) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    hash.update(`{${entries.length};`);
    feedEntries(hash, entries, seen);
  } else {
    const bytes = v8Codec().serialize(value);
    hash.update(`V${bytes.length}:`).update(bytes);
  }
}

function feedEntries(hash: Hash, entries: [string, unknown][], seen: Map<object, number>): void {
  for (const [key, part] of entries) {
    feed(hash, key, seen);
    feed(hash, part, seen);
  }
}

/** Structured clone makes a plain object of any that is of a class of its own. */
function isPlain(value: object): boolean {
  return !(
    value instanceof Date ||
    types.isRegExp(value) ||
    types.isAnyArrayBuffer(value) ||
    ArrayBuffer.isView(value) ||
    types.isBoxedPrimitive(value)
  );
}
