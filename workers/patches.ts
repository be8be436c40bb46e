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
  const changed: Changed[] = [];
  for (const patch of patches) {
    const { path, value } = patch as { path: Path; value?: unknown };
    let before: Container = base;
    let after: Container = next;
    for (let depth = 0; depth < path.length - 1; depth += 1) {
      const step = path[depth];
      if (isObject(step) || before instanceof Set) return false;
      before = get(before, step);
      after = get(after, step);
      if (!isObject(before) || !isObject(after)) return false;
    }
    if (isObject(before instanceof Set ? value : path.at(-1))) return false;
    const last = changed.at(-1);
    // Those of one container follow one another; were they apart, what they add and remove would be taken for what they cannot tell.
    if (last !== undefined && last.after === after) last.patches.push(patch);
    else changed.push({ before, after, patches: [patch] });
  }
  return changed.every(keepsOrder);
}

/** A container that a turn has changed, and what tells how. */
interface Changed {
  readonly before: Container;
  readonly after: Container;
  readonly patches: Patch[];
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
    const before = holderOf(base, path as Path);
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
    const container = holderOf(next, path as Path);
    set(container, path.at(-1), value);
    put(value, container);
  }
}

function keepsOrder({ before, after, patches }: Changed): boolean {
  if (Array.isArray(after)) return keepsHoles(after, patches);
  if (patches.every(({ op }) => op === 'replace')) return sameSequence(keysOf(before), keysOf(after));
  const keys = new Set(keysOf(before));
  for (const { op, path, value } of patches) {
    const key = before instanceof Set ? value : path.at(-1);
    if (op === 'remove') keys.delete(key);
    else keys.add(key);
  }
  if (after instanceof Map || after instanceof Set) return sameSequence([...keys], keysOf(after));
  // Objects have an order of their own: whole numbers first.
  const ordered = Object.create(null);
  for (const key of keys) ordered[key as string] = true;
  return sameSequence(Object.keys(ordered), Object.keys(after));
}

function sameSequence(left: readonly unknown[], right: readonly unknown[]): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index += 1) if (!Object.is(left[index], right[index])) return false;
  return true;
}

function keysOf(container: Container): readonly unknown[] {
  return container instanceof Map || container instanceof Set ? [...container.keys()] : Object.keys(container);
}

/** The part of a state that a path leads into, but for its last step. */
export function holderOf(root: Container, path: Path): Container {
  let holder = root;
  for (let depth = 0; depth < path.length - 1; depth += 1) holder = get(holder, path[depth]);
  return holder;
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
