// Drafts track plain objects, dense arrays, Maps and Sets. All else that structured clone holds is a value here: Date,
// RegExp, Error, ArrayBuffer and its views, boxed primitives, arrays with holes or named keys, and the objects that are
// keys of a Map. A turn gets a copy of a value, never the one in the state, so that a rollback has nothing to undo;
// at its end the copies that still stand in their places are compared with what they were made from.
import { inspect, isDeepStrictEqual } from 'node:util';
import { decode, pack, stepTo } from '../core/codec.ts';
import { DrowseError } from '../core/errors.ts';
import type { DraftNode } from './drafts.ts';

type Container = Record<string, unknown> | unknown[] | Map<unknown, unknown> | Set<unknown>;

/** Knows which parts of a state hold values. A state without any costs its turns nothing. */
export class Holders {
  readonly #holders = new WeakSet<object>();
  #none = true;

  get none(): boolean {
    return this.#none;
  }

  has(container: object): boolean {
    return this.#holders.has(container);
  }

  add(container: object): void {
    this.#holders.add(container);
    this.#none = false;
  }

  /** Finds the holders in what has become part of the state, in `holder`. Costs a look at each part of it, once. */
  learn(part: object, holder?: object): void {
    if (isValue(part)) {
      if (holder) this.add(holder);
      return;
    }
    const seen = new Set<object>([part]);
    for (const container of seen as Set<Container>) {
      if (container instanceof Map && hasObjectKeys(container)) this.add(container);
      for (const child of childrenOf(container)) {
        if (!isObject(child)) continue;
        if (isValue(child) || (container instanceof Set && isKeyed(child))) this.add(container);
        else seen.add(child);
      }
    }
  }
}

interface Lending {
  readonly node: DraftNode;
  /** The part of the state that the draft stands for. */
  readonly base: object;
  /** Members that nobody has read, with a getter in the draft's copy. */
  readonly unread: Map<string, object>;
}

/** The values that one turn has in hand. */
export class Loans {
  readonly #holders: Holders;
  readonly #lendings: Lending[] = [];
  readonly #copies = new Map<unknown, unknown>();
  readonly #owned = new Map<unknown, unknown>();

  constructor(holders: Holders) {
    this.#holders = holders;
  }

  /** Before the draft is finished: throws if a value was changed in its place. */
  check(): void {
    for (const { node, base, unread } of this.#lendings) {
      const held = (node.copy ?? node.original) as Container;
      for (const [step, part] of placesIn(held, unread)) {
        const value = this.#owned.get(part);
        if (value !== undefined && !isSame(part, value)) throw changedInPlace(pathOf(node) + step(), value as object);
      }
      // A draft without changes is finished as what it was made from.
      if (!node.operated) node.original = base;
    }
  }

  /** Still before: puts the state's own values back where their copies stand. */
  settle(): void {
    for (const { node, unread } of this.#lendings) {
      if (!node.operated) continue;
      const held = node.copy as Container;
      this.#holders.add(held);
      if (held instanceof Map) for (const [key, part] of held) held.set(key, this.#own(part));
      else if (held instanceof Set) refill(held, [...held], (part) => held.add(this.#own(part)));
      else {
        for (const [key, value] of unread) if (isUnread(held, key)) put(held, key, value);
        const members = held as Record<string, unknown>;
        for (const key of Object.keys(held)) if (this.#owned.has(members[key])) members[key] = this.#own(members[key]);
      }
    }
  }

  /** After it: the keys of Maps too, which say until then what was changed. */
  settleKeys(): void {
    for (const { node } of this.#lendings) {
      const held = node.copy;
      if (!node.operated || !(held instanceof Map) || !hasObjectKeys(held)) continue;
      refill(held, [...held], ([key, part]) => held.set(this.#own(key), part));
    }
  }

  /** Gives a draft that was just made copies of the values in it. */
  lend(node: DraftNode): void {
    const base = node.original as Container;
    if (!this.#holders.has(base)) return;
    const unread = new Map<string, object>();
    this.#lendings.push({ node, base, unread });
    const copy = (part: unknown) => (isObject(part) && isValue(part) ? this.#copy(part) : part);
    // A key is not drafted, whatever it is.
    const key = (part: unknown) => (isObject(part) ? this.#copy(part) : part);
    if (base instanceof Map) {
      const held = new Map([...base].map(([name, part]) => [key(name), copy(part)]));
      // Entries are drafted if the original has them under the same key.
      if (hasObjectKeys(base)) node.original = new Map([...base].map(([name, part]) => [key(name), part]));
      node.copy = held;
    } else if (base instanceof Set)
      node.copy = new Set([...base].map((part) => (isKeyed(part) ? key(part) : copy(part))));
    else if (Array.isArray(base)) node.copy = base.map(copy);
    else node.copy = this.#lazily(base, unread);
  }

  /** Large members of an object are copied when they are first read. The getter costs as much as copying a KiB. */
  #lazily(base: Record<string, unknown>, unread: Map<string, object>): object {
    const held = { ...base };
    for (const key of Object.keys(base)) {
      const part = base[key];
      if (!isObject(part) || !isValue(part)) continue;
      if (!isLarge(part)) {
        put(held, key, this.#copy(part));
        continue;
      }
      const get = () => {
        const copy = this.#copy(part);
        put(held, key, copy);
        return copy;
      };
      unread.set(key, part);
      Object.defineProperty(held, key, { get, enumerable: true, configurable: true });
    }
    return held;
  }

  #copy(value: object): unknown {
    const made = this.#copies.get(value);
    if (made !== undefined) return made;
    const copy = copyOf(value);
    this.#copies.set(value, copy);
    this.#owned.set(copy, value);
    return copy;
  }

  #own(part: unknown): unknown {
    return this.#owned.get(part) ?? part;
  }
}

function isUnread(held: object, key: string): boolean {
  return Object.getOwnPropertyDescriptor(held, key)?.get !== undefined;
}

function put(held: object, key: string, value: unknown): void {
  Object.defineProperty(held, key, { value, writable: true, enumerable: true, configurable: true });
}

function childrenOf(container: Container): Iterable<unknown> {
  return container instanceof Map || container instanceof Set ? container.values() : Object.values(container);
}

function isValue(part: object): boolean {
  if (Array.isArray(part)) return !isDense(part);
  return Object.getPrototypeOf(part) !== Object.prototype && !(part instanceof Map) && !(part instanceof Set);
}

function isDense(array: unknown[]): boolean {
  const keys = Object.keys(array);
  return keys.length === array.length && (keys.length === 0 || keys.at(-1) === String(keys.length - 1));
}

function hasObjectKeys(map: Map<unknown, unknown>): boolean {
  for (const key of map.keys()) if (isObject(key)) return true;
  return false;
}

/** A Map whose keys are copied for a turn cannot be told in a Set by its draft: it is a value there. */
function isKeyed(part: unknown): part is object {
  return part instanceof Map && hasObjectKeys(part);
}

function refill<Part>(held: Set<unknown> | Map<unknown, unknown>, parts: Part[], add: (part: Part) => unknown): void {
  held.clear();
  for (const part of parts) add(part);
}

function isLarge(value: object): boolean {
  return 'byteLength' in value && (value.byteLength as number) > 1024;
}

function copyOf(value: object): unknown {
  if (value instanceof Date) return new Date(value);
  if (value instanceof Float32Array || value instanceof Float64Array) return value.slice();
  return decode(pack(value, 'state'));
}

function isSame(copy: unknown, value: unknown): boolean {
  if (!isDeepStrictEqual(copy, value)) return false;
  return !(copy instanceof Error) || copy.stack === (value as Error).stack;
}

/** The objects in a container, each with its step there. */
function* placesIn(held: Container, unread: Map<string, object>): Generator<[step: () => string, part: unknown]> {
  if (held instanceof Map || held instanceof Set) {
    let index = 0;
    for (const [key, part] of held.entries()) {
      const at = index++;
      if (held instanceof Map && isObject(key)) yield [() => `.keys()[${at}]`, key];
      if (isObject(part)) yield [() => stepIn(held, key), part];
    }
  } else {
    for (const key of Object.keys(held)) {
      if (unread.has(key) && isUnread(held, key)) continue;
      const part = (held as Record<string, unknown>)[key];
      if (isObject(part)) yield [() => stepIn(held, key), part];
    }
  }
}

function pathOf({ parent, key }: DraftNode): string {
  return parent === null ? '' : pathOf(parent) + stepIn((parent.copy ?? parent.original) as Container, key);
}

function stepIn(held: Container, key: unknown): string {
  if (held instanceof Set) return `.values()[${[...held].indexOf(key)}]`;
  if (!(held instanceof Map)) return stepTo(String(key), Array.isArray(held));
  return isObject(key) ? `.values()[${[...held.keys()].indexOf(key)}]` : `.get(${inspect(key)})`;
}

function changedInPlace(path: string, value: object): DrowseError {
  const kind = value.constructor.name;
  return new DrowseError(
    'ERR_DROWSE_UNTRACKED_MUTATION',
    `${path.slice(1)} (${kind}) was changed in place, where a change cannot be kept. Copy it, change the copy, and put that in its place. The turn was rolled back.`,
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
