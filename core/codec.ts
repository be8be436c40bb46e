import { deserialize, serialize } from 'node:v8';
import { DrowseError } from './errors.ts';

/**
 * Encodes what structured clone can copy into bytes. Throws `ERR_DROWSE_NOT_SERIALIZABLE` naming the path of
 * the first part that it cannot, with `what` ("message", "state", …) as the path's root.
 */
export function encode(value: unknown, what: string): Uint8Array {
  try {
    return serialize(value);
  } catch (cause) {
    const path = uncloneablePath(value, what) ?? what;
    throw new DrowseError('ERR_DROWSE_NOT_SERIALIZABLE', `${path} cannot be copied: ${reason(cause)}`, { cause });
  }
}

/** The value that {@link encode} was given. */
export function decode(bytes: Uint8Array): unknown {
  return deserialize(bytes);
}

/** Where structured clone would stop, as a path like `state.messages[3].reply`; undefined if it would not. */
function uncloneablePath(value: unknown, path: string, seen = new Set<unknown>()): string | undefined {
  if (isCloneable(value)) return undefined;
  if (typeof value !== 'object' || value === null || seen.has(value)) return path;
  seen.add(value);
  for (const [step, part] of parts(value)) {
    if (seen.has(part)) continue;
    const found = uncloneablePath(part, path + step, seen);
    if (found !== undefined) return found;
  }
  return path;
}

function* parts(value: object): Generator<[step: string, part: unknown]> {
  if (value instanceof Map) {
    let index = 0;
    for (const [key, part] of value) {
      yield [`.keys()[${index}]`, key];
      yield [typeof key === 'string' ? `.get(${JSON.stringify(key)})` : `.values()[${index}]`, part];
      index += 1;
    }
  } else if (value instanceof Set) {
    let index = 0;
    for (const part of value) yield [`.values()[${index++}]`, part];
  }
  const isArray = Array.isArray(value);
  for (const key of Object.keys(value)) {
    const step = isArray
      ? `[${key}]`
      : /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)
        ? `.${key}`
        : `[${JSON.stringify(key)}]`;
    yield [step, (value as Record<string, unknown>)[key]];
  }
}

function isCloneable(value: unknown): boolean {
  try {
    serialize(value);
    return true;
  } catch {
    return false;
  }
}

function reason(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
