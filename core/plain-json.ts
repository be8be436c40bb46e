import { types } from 'node:util';

/** How much a value may hold of which JSON is made. */
export interface Measure {
  readonly parts: number;
  /** Characters of all texts together. */
  readonly text: number;
}

/** Larger values are left to the general codec, which is the faster one for them. */
export const SMALL: Measure = { parts: 64, text: 8_192 };

/**
 * The JSON of a value of some measure that JSON tells exactly as structured clone would; undefined for any other. Told exactly are null,
 * booleans, texts, numbers but for -0, NaN and the infinities, and plain arrays and objects of these, each in one place.
 */
export function plainJson(value: unknown, measure = SMALL): string | undefined {
  return new Writer(measure).write(value);
}

class Writer {
  /** What the value is made of so far: a part that comes a second time would come back as two. */
  readonly #holders: object[] = [];
  readonly #measure: Measure;
  #parts = 0;
  #text = 0;

  constructor(measure: Measure) {
    this.#measure = measure;
  }

  write(value: unknown): string | undefined {
    this.#parts += 1;
    if (this.#parts > this.#measure.parts) return undefined;
    if (typeof value === 'string') return this.#writeText(value);
    if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0) ? String(value) : undefined;
    if (typeof value === 'object' && value !== null) return this.#writeHolder(value);
    return value === null || typeof value === 'boolean' ? String(value) : undefined;
  }

  #writeText(value: string): string | undefined {
    this.#text += value.length;
    return this.#text > this.#measure.text ? undefined : JSON.stringify(value);
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
    if (array.length > this.#measure.parts || Object.keys(array).length !== array.length) return undefined;
    let members = '';
    for (let index = 0; index < array.length; index += 1) {
      const part = this.write(array[index]);
      if (part === undefined) return undefined;
      members += index === 0 ? part : `,${part}`;
    }
    return `[${members}]`;
  }
}
