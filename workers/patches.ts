// What a record holds is patches, as mutative makes them: { op, path, value }, the path an array of keys from the root. They
// are applied here and not by mutative, which refuses some keys and changes parts that stand in two places twice.
import type { Patches } from 'mutative';

type Patch = Patches[number];
type Path = readonly unknown[];
// biome-ignore lint/suspicious/noExplicitAny: a part of a state may have any shape
type Container = any;

/**
 * Applies the patches of many records, one after the other. What they touch is copied once, so that a part that
 * stands in two places becomes two parts when one of them changes, as it did in the turn.
 */
export class Replay<Root extends object> {
  readonly #copies = new WeakSet<object>();
  #root: Root;

  constructor(root: Root) {
    this.#root = root;
  }

  get root(): Root {
    return this.#root;
  }

  apply(patches: Patches): void {
    for (const patch of patches) this.#apply(patch);
  }

  #apply({ op, path, value }: Patch): void {
    const steps = path as Path;
    let container: Container = this.#copy(this.#root);
    this.#root = container;
    for (const step of steps.slice(0, -1)) {
      const child = this.#copy(get(container, step));
      set(container, step, child);
      container = child;
    }
    const key = steps.at(-1) as Container;
    if (container instanceof Set) {
      if (op === 'add') container.add(value);
      else container.delete(value);
    } else if (Array.isArray(container) && op !== 'replace') {
      container.splice(key as number, op === 'add' ? 0 : 1, ...(op === 'add' ? [value] : []));
    } else if (op !== 'remove') set(container, key, value);
    else if (container instanceof Map) container.delete(key);
    else delete container[key];
  }

  #copy(container: Container): Container {
    if (this.#copies.has(container)) return container;
    const copy = shallow(container);
    this.#copies.add(copy);
    return copy;
  }
}

/**
 * Whether applying the patches to what was encoded and decoded again leads to `next`, to the order of its keys. It does
 * not where they name an object by its identity, as a key of a Map or a member of a Set, nor where an entry was
 * removed and put again, which patches tell as a change in its place. Costs a look at the keys of what changed.
 */
export function isReplayable(base: object, next: object, patches: Patches): boolean {
  const changed = new Map<Container, { before: Container; patches: Patch[] }>();
  for (const patch of patches) {
    let before: Container = base;
    let after: Container = next;
    for (const step of (patch.path as Path).slice(0, -1)) {
      if (isObject(step) || before instanceof Set) return false;
      before = get(before, step);
      after = get(after, step);
      if (!isObject(before) || !isObject(after)) return false;
    }
    if (before instanceof Set ? isObject(patch.value) : isObject(patch.path.at(-1))) return false;
    const entry = changed.get(after);
    if (entry) entry.patches.push(patch);
    else changed.set(after, { before, patches: [patch] });
  }
  return [...changed].every(([after, { before, patches }]) =>
    Array.isArray(after) ? keepsHoles(after, patches) : keepsOrder(before, after, patches),
  );
}

/** Patches tell a hole as undefined. */
function keepsHoles(after: unknown[], patches: readonly Patch[]): boolean {
  return patches.every(
    ({ path, value }) => value !== undefined || path.at(-1) === 'length' || (path.at(-1) as number) in after,
  );
}

/**
 * The patches whose values may be in the hands of the agent's code. Not those of items that only moved up or down their
 * array; where many moved in other ways, it is not worth finding out.
 */
export function foreign(base: object, patches: Patches): Patch[] {
  const moves = new Map<unknown[], { by: number; tries: number }>();
  return patches.filter(({ op, path, value }) => {
    if (op === 'remove' || !isObject(value)) return false;
    let before: Container = base;
    for (const step of (path as Path).slice(0, -1)) before = get(before, step);
    if (!Array.isArray(before)) return true;
    const index = path.at(-1) as number;
    // What is appended has hardly ever stood there before, and looking for it would take as long as the array is.
    if (index >= before.length) return true;
    const move = moves.get(before) ?? { by: 1, tries: 2 };
    moves.set(before, move);
    if (before[index + move.by] === value) return false;
    if (move.tries-- <= 0) return true;
    const found = before.indexOf(value);
    if (found !== -1) move.by = found - index;
    return found === -1;
  });
}

/**
 * Puts the values of `patches`, which are copies, where `next` has what the agent's code put there. The containers on
 * the way were made by the draft. Calls `put` with each copy and the container that it is in now.
 */
export function graft(next: object, patches: Patches, put: (value: object, container: object) => void): void {
  for (const { path, value } of patches) {
    if (!isObject(value)) continue;
    let container: Container = next;
    for (const step of (path as Path).slice(0, -1)) container = get(container, step);
    set(container, path.at(-1), value);
    put(value, container);
  }
}

function keepsOrder(before: Container, after: Container, patches: readonly Patch[]): boolean {
  if (patches.every(({ op }) => op === 'replace')) return sameSequence(keysOf(before), keysOf(after));
  const keys = new Set(keysOf(before));
  for (const { op, path, value } of patches) {
    const key = before instanceof Set ? value : path.at(-1);
    if (op === 'remove') keys.delete(key);
    else keys.add(key);
  }
  if (!(after instanceof Map || after instanceof Set)) {
    // Objects have an order of their own: whole numbers first.
    const ordered = Object.create(null);
    for (const key of keys) ordered[key as string] = true;
    return sameSequence(Object.keys(ordered), Object.keys(after));
  }
  return keys.size === after.size && sameSequence(keys, keysOf(after));
}

function sameSequence(left: Iterable<unknown>, right: Iterable<unknown>): boolean {
  const rest = right[Symbol.iterator]();
  for (const key of left) if (!Object.is(rest.next().value, key)) return false;
  return rest.next().done === true;
}

function keysOf(container: Container): Iterable<unknown> {
  return container instanceof Map || container instanceof Set ? container.keys() : Object.keys(container);
}

function get(container: Container, key: Container): Container {
  return container instanceof Map ? container.get(key) : container[key];
}

function set(container: Container, key: Container, value: unknown): void {
  if (container instanceof Map) container.set(key, value);
  // Assigning this one would change the prototype.
  else if (key === '__proto__')
    Object.defineProperty(container, key, { value, writable: true, enumerable: true, configurable: true });
  else container[key] = value;
}

function shallow(container: Container): Container {
  if (Array.isArray(container)) return container.slice();
  if (container instanceof Map) return new Map(container);
  if (container instanceof Set) return new Set(container);
  return { ...container };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
