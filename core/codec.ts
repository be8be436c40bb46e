import { inspect, types } from 'node:util';
import { DrowseError } from './errors.ts';
import { plainJson, SMALL } from './plain-json.ts';
import { v8Codec } from './v8-codec.ts';

/** What V8's encoding begins with; no JSON does. */
const V8 = 0xff;

const utf8 = new TextEncoder();

/** An encoded value: text where that is JSON, which costs half as much to hand to another thread, else bytes. */
export type Packed = string | Uint8Array;

/** The bytes of it. */
export function bytesOf(packed: Packed): Uint8Array {
  return typeof packed === 'string' ? utf8.encode(packed) : packed;
}

/** The bytes of it, for who copies them at once: they lie in memory with others, which costs a tenth of memory of their own. */
export function viewOf(packed: Packed): Uint8Array {
  return typeof packed === 'string' ? Buffer.from(packed) : packed;
}

/** How many bytes those are. */
export function sizeOf(packed: Packed): number {
  return typeof packed === 'string' ? Buffer.byteLength(packed) : packed.length;
}

/** Whether it has no more than so many bytes: of most texts, to be told without counting them. */
export function fits(packed: Packed, maxBytes: number): boolean {
  return packed.length * 3 <= maxBytes || sizeOf(packed) <= maxBytes;
}

/** {@link pack}, as bytes. */
export function encode(value: unknown, what: string): Uint8Array {
  return bytesOf(pack(value, what));
}

/**
 * Encodes what structured clone can copy. Throws `ERR_DROWSE_NOT_SERIALIZABLE` naming the path of
 * the first part that it cannot, with `what` ("message", "state", …) as the path's root.
 *
 * What is plain and within `measure` becomes JSON, everything else what V8's serializer makes of it: each serializer leaves the
 * garbage collector a native object to finalise, which is a third of the cost of a small turn.
 */
export function pack(value: unknown, what: string, measure = SMALL): Packed {
  try {
    return plainJson(value, measure) ?? v8Codec().serialize(value);
  } catch (cause) {
    const path = isTooDeep(cause) ? what : (uncloneablePath(value, what, new Set(), 0) ?? what);
    throw new DrowseError('ERR_DROWSE_NOT_SERIALIZABLE', `${path} cannot be copied: ${reason(cause)}`, { cause });
  }
}

/** Whether an error tells that a value is nested deeper than the stack allows. */
export function isTooDeep(error: unknown): boolean {
  return error instanceof RangeError && error.message === 'Maximum call stack size exceeded';
}

/** The value that {@link pack} or {@link encode} was given, sharing no memory with the bytes. */
export function decode(bytes: Packed): unknown {
  if (typeof bytes === 'string') return JSON.parse(bytes);
  if (bytes[0] !== V8) return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
  return v8Codec().deserialize(bytes);
}

/** Deeper than this, no path is worth reading. */
const MAX_DEPTH = 100;

/** Where structured clone stops, as a path like `state.messages[3].reply`; undefined where that is not found. */
function uncloneablePath(value: unknown, path: string, seen: Set<unknown>, depth: number): string | undefined {
  if (typeof value === 'function' || typeof value === 'symbol' || types.isProxy(value)) return path;
  if (typeof value !== 'object' || value === null || seen.has(value) || depth > MAX_DEPTH) return undefined;
  seen.add(value);
  for (const [step, read] of parts(value)) {
    let part: unknown;
    try {
      part = read();
    } catch {
      return path + step; // A getter that throws.
    }
    const found = uncloneablePath(part, path + step, seen, depth + 1);
    if (found !== undefined) return found;
  }
  return isOrdinary(value) || isCloneable(value) ? undefined : path;
}

/** Whether only its parts decide if it can be copied. */
function isOrdinary(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return [Object.prototype, Array.prototype, Map.prototype, Set.prototype, null].includes(prototype);
}

function* parts(value: object): Generator<[step: string, read: () => unknown]> {
  let index = 0;
  if (value instanceof Map) {
    for (const [key, part] of value) {
      yield [`.keys()[${index}]`, () => key];
      yield [typeof key === 'string' ? `.get(${JSON.stringify(key)})` : `.values()[${index}]`, () => part];
      index += 1;
    }
  } else if (value instanceof Set) {
    for (const part of value) yield [`.values()[${index++}]`, () => part];
  }
  for (const key of Object.keys(value)) {
    yield [stepTo(key, Array.isArray(value)), () => (value as Record<string, unknown>)[key]];
  }
}

/** The step of a path to a member of an object or array. */
export function stepTo(key: string, inArray: boolean): string {
  if (inArray) return `[${key}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function isCloneable(value: unknown): boolean {
  try {
    v8Codec().serialize(value);
    return true;
  } catch {
    return false;
  }
}

function reason(cause: unknown): string {
  if (isTooDeep(cause)) return 'it is nested too deeply';
  const text = cause instanceof Error ? cause.message : inspect(cause);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
