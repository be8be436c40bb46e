// What this project knows of the inside of a draft. mutative shows none of it, so all that depends on its version is here.
import type { Draft } from 'mutative';

/** A draft as mutative keeps it. */
export interface DraftNode {
  /** What the draft was made of; `copy` is what it has become, where `operated`. */
  original: object;
  copy: object | null;
  readonly operated: boolean;
  readonly parent: DraftNode | null;
  readonly key: unknown;
  /** The drafts that stand for members of a Set, by the member. */
  readonly setMap: Map<unknown, unknown> | undefined;
  /** Every draft of the turn, in the order they were made. */
  readonly finalities: { readonly draft: unknown[] };
}

const NODE = Symbol.for('__MUTATIVE_PROXY_DRAFT__');

/** What is behind a draft; undefined for anything else. */
function nodeOf(value: object): DraftNode | undefined {
  return (value as { [NODE]?: DraftNode })[NODE] ?? undefined;
}

/** Calls `seen` with the draft that is `root` and with each made below it, before the agent's code has it in hand. */
export function onDraft(root: Draft<object>, seen: (node: DraftNode) => void): void {
  const node = nodeOf(root);
  if (node === undefined) return;
  const list = node.finalities.draft;
  list.push = (...entries) => {
    for (const entry of entries) if (typeof entry !== 'function') seen(entry as DraftNode);
    return Array.prototype.push.apply(list, entries);
  };
  seen(node);
}

/**
 * A copy in which drafts have become plain values, while the turn goes on. The same part in two places stays the same
 * part, cycles included. Shares with the state what was not changed.
 */
export function undraft(value: unknown, copies = new Map<object, unknown>()): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const node = nodeOf(value);
  if (node && !node.operated) return node.original;
  const source = node ? (node.copy as object) : value;
  if (copies.has(source)) return copies.get(source);
  if (Array.isArray(source)) {
    const copy: unknown[] = source.slice();
    copies.set(source, copy);
    // Holes stay holes.
    source.forEach((part, index) => {
      copy[index] = undraft(part, copies);
    });
    return copy;
  }
  if (source instanceof Map) {
    const copy = new Map();
    copies.set(source, copy);
    for (const [key, part] of source) copy.set(undraft(key, copies), undraft(part, copies));
    return copy;
  }
  if (source instanceof Set) {
    const copy = new Set();
    copies.set(source, copy);
    for (const part of source) copy.add(undraft(node?.setMap?.get(part) ?? part, copies));
    return copy;
  }
  if (Object.getPrototypeOf(source) !== Object.prototype) return value;
  const copy: Record<string, unknown> = { ...source };
  copies.set(source, copy);
  // Each key is the copy's own by now, `__proto__` too.
  for (const key of Object.keys(source)) copy[key] = undraft(copy[key], copies);
  return copy;
}
