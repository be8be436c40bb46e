import type { Patches } from 'mutative';
import type { DraftNode } from './drafts.ts';
import { holderOf } from './patches.ts';

/** Shorter arrays are copied twice in less than a microsecond. */
const LONG = 1_000;
/** Patches looked at after a turn: an array that is appended to has two. */
const LOOKED_AT = 8;
const ROOM = Array.from({ length: 16 }, () => undefined);

/**
 * Long arrays that the last turns have changed, such as a conversation's messages. The next turn is likely to append to
 * them: the copy that its draft needs is made with room for that, as V8 would otherwise copy it once more to make some.
 * At 10,000 items that takes half the time, at 20,000, where the array is a large object, less than half.
 */
export class GrowingArrays {
  readonly #arrays = new WeakSet<object>();
  #none = true;

  /** Whether there are none: then drafts need not be looked at. */
  get none(): boolean {
    return this.#none;
  }

  /** Looks at what has changed in a state that has become `root`. */
  learn(root: object, patches: Patches): void {
    for (const { path } of patches.slice(0, LOOKED_AT)) {
      const part = holderOf(root, path as readonly unknown[]);
      if (!Array.isArray(part) || part.length < LONG) continue;
      this.#arrays.add(part);
      this.#none = false;
    }
  }

  /** Gives a draft of such an array its copy. */
  lend(node: DraftNode): void {
    if (node.copy !== null || !this.#arrays.has(node.original)) return;
    const original = node.original as unknown[];
    const copy = original.concat(ROOM);
    copy.length = original.length;
    node.copy = copy;
  }
}
