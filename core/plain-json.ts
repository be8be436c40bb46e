import { types } from 'node:util';

/** Larger values are left to the general codec, which is the faster one for them. */
const MAX_PARTS = 64;
const MAX_TEXT = 4_096;

/**
 * The JSON of a small value that JSON tells exactly as structured clone would; undefined for any other. Told exactly are null,
 * booleans, texts, numbers but for -0, NaN and the infinities, and plain arrays and objects of these, each in one place.
 */
export function plainJson(value: unknown): string | undefined {
  return new Writer().write(value);
}

class Writer {
  /** What the value is made of so far: a part that comes a second time would come back as two. */
  readonly #holders: object[] = [];
  #parts = 0;

  write(value: unknown): string | undefined {
    this.#parts += 1;
    if (this.#parts > MAX_PARTS) return undefined;
    if (typeof value === 'string') return value.length > MAX_TEXT ? undefined : JSON.stringify(value);
    if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0) ? String(value) : undefined;
    if (typeof value === 'object' && value !== null) return this.#writeHolder(value);
    return value === null || typeof value === 'boolean' ? String(value) : undefined;
  }

  #writeHolder(value: object): string | undefined {
    if (this.#holders.includes(value) || types.isProxy(value)) return undefined;
    this.#holders.push(value);
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Object.prototype) return this.#writeObject(value as Record<string, unknown>);
    return prototype === Array.prototype ? this.#writeArray(value as unknown[]) : undefined;
  }

  #writeObject(object: Record<string, unknown>): string | undefined {
    let members = '';
    for (const key of Object.keys(object)) {
      const part = this.write(object[key]);
      if (part === undefined) return undefined;
      members += `${members === '' ? '' : ','}${JSON.stringify(key)}:${part}`;
    }
    return `{${members}}`;
  }

  #writeArray(array: readonly unknown[]): string | undefined {
    if (array.length > MAX_PARTS || Object.keys(array).length !== array.length) return undefined;
    let members = '';
    for (let index = 0; index < array.length; index += 1) {
      const part = this.write(array[index]);
      if (part === undefined) return undefined;
      members += index === 0 ? part : `,${part}`;
    }
    return `[${members}]`;
  }
}
