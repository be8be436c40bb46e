import { types } from 'node:util';

// How much one text may hold, in characters and about. A value in which one part occurs again and again is small in
// memory and can be endless as JSON. A reply that shares nothing stays under this whatever maxMessageMb's default lets in.
const ROOM = 64 * 1024 * 1024;
const MAX_DEPTH = 500;
/** What a number can take as text, in the same measure. */
const NUMBER = 4;

/**
 * Writes any value that structured clone can copy as JSON, and never throws. What JSON has no form for:
 *
 * - Map: an array of `[key, value]` pairs; Set: an array
 * - Date: ISO text; BigInt: its digits as text; RegExp: `/source/flags` as text
 * - Buffer, Uint8Array, DataView, ArrayBuffer: base64 text; other typed arrays: an array of numbers
 * - Error: an object of `name`, `message`, `cause` and its own properties
 * - NaN and infinities: `"NaN"`, `"Infinity"`, `"-Infinity"`
 * - undefined: left out of objects, `null` elsewhere; holes of arrays: `null`
 * - a part that contains itself: `"[circular: $.path]"`, naming where it stands
 * - what is nested over 500 deep, or comes after some 64 million characters: `"[too deep]"`, `"[too long]"`
 * - what is none of these: `"[function]"`, `"[symbol]"`, `"[unreadable]"`
 */
export function toJson(value: unknown): string {
  try {
    return JSON.stringify(new Plain().of(value, '$'));
  } catch {
    return '"[unreadable]"';
  }
}

/** Turns one value into a tree that JSON has a form for. */
class Plain {
  /** The containers around the part being looked at, outermost first, each with the step that leads to it. */
  readonly #around = new Map<object, string>();
  #room = ROOM;

  of(value: unknown, step: string): unknown {
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'number':
        this.#room -= NUMBER;
        return Number.isFinite(value) ? value : String(value);
      case 'bigint':
        return this.#text(String(value));
      case 'object':
        return value === null ? null : this.#object(value, step);
      case 'undefined':
        return null;
      case 'boolean':
        return value;
      case 'function':
      case 'symbol':
        return `[${typeof value}]`;
    }
  }

  #object(value: object, step: string): unknown {
    if (this.#around.has(value)) return `[circular: ${this.#pathTo(value)}]`;
    if (this.#around.size >= MAX_DEPTH) return '[too deep]';
    if (this.#room <= 0) return '[too long]';
    this.#room -= 1;
    this.#around.set(value, step);
    try {
      return this.#parts(value);
    } catch {
      return '[unreadable]';
    } finally {
      this.#around.delete(value);
    }
  }

  #parts(value: object): unknown {
    if (Array.isArray(value)) return this.#list(value, value.length);
    if (value instanceof Map) {
      const pairs = Array.from(value);
      return this.#list(pairs, pairs.length);
    }
    if (value instanceof Set) return this.#list(value, value.size);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (types.isRegExp(value)) return this.#text(String(value));
    if (types.isBoxedPrimitive(value)) return this.of(value.valueOf(), '');
    if (types.isAnyArrayBuffer(value)) return this.#bytes(Buffer.from(value));
    if (ArrayBuffer.isView(value)) return this.#view(value);
    if (types.isNativeError(value)) return this.#error(value);
    return this.#entries(value);
  }

  #list(parts: Iterable<unknown>, length: number): unknown {
    // Looked at first, as a sparse array costs nothing until it is written.
    if (length > this.#room) return '[too long]';
    const list: unknown[] = [];
    for (const part of parts) {
      this.#room -= 1;
      if (this.#room <= 0) {
        list.push('[too long]');
        break;
      }
      list.push(this.of(part, `[${list.length}]`));
    }
    return list;
  }

  #view(value: ArrayBufferView): unknown {
    if (!types.isTypedArray(value) || types.isUint8Array(value) || types.isUint8ClampedArray(value)) {
      return this.#bytes(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    }
    return this.#list(value as Iterable<unknown>, (value as Float64Array).length);
  }

  #error(value: Error): unknown {
    const { name, message, cause } = value;
    return this.#entries(Object.assign({ name, message }, cause === undefined ? {} : { cause }, value));
  }

  #entries(value: object): unknown {
    // Without a prototype "__proto__" is a key like any other.
    const entries: Record<string, unknown> = Object.create(null);
    for (const [key, part] of Object.entries(value)) {
      if (part === undefined) continue;
      this.#room -= key.length + 1;
      if (this.#room <= 0) {
        entries['…'] = '[too long]';
        break;
      }
      entries[key] = this.of(part, `.${key}`);
    }
    return entries;
  }

  #pathTo(container: object): string {
    const around = [...this.#around];
    const end = around.findIndex(([one]) => one === container);
    return around
      .slice(0, end + 1)
      .map(([, step]) => step)
      .join('');
  }

  #bytes(bytes: Buffer): string {
    return bytes.length > this.#room ? '[too long]' : this.#text(bytes.toString('base64'));
  }

  #text(text: string): string {
    if (text.length > this.#room) return '[too long]';
    this.#room -= text.length + 1;
    return text;
  }
}
