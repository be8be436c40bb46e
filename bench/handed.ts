import { Level } from 'level';

/** The bytes that this process has handed to LevelDB. */
export interface Handed {
  /** Keys and values put. */
  put: number;
  /** Keys deleted. */
  deleted: number;
}

type Methods = Record<'put' | 'del' | 'batch', (...given: unknown[]) => unknown>;

interface Operation {
  readonly type: 'put' | 'del';
  readonly key: Uint8Array;
  readonly value?: Uint8Array;
}

/**
 * Counts, from now on, what this process hands to any LevelDB database whose keys and values are bytes: beneath all that
 * a store does, so that snapshots, marks, counters and seals are in it.
 */
export function countHanded(): Handed {
  const handed = { put: 0, deleted: 0 };
  count(Level.prototype as unknown as Methods, handed);
  return handed;
}

/** A database and a batch that is being collected have the same methods. */
function count(target: Methods, handed: Handed): void {
  const { put, del, batch } = target;
  target.put = function (this: unknown, ...given) {
    add(handed, { type: 'put', key: given[0] as Uint8Array, value: given[1] as Uint8Array });
    return put.apply(this, given);
  };
  target.del = function (this: unknown, ...given) {
    add(handed, { type: 'del', key: given[0] as Uint8Array });
    return del.apply(this, given);
  };
  if (typeof batch !== 'function') return;
  target.batch = function (this: unknown, ...given) {
    if (given.length > 0) for (const operation of given[0] as Operation[]) add(handed, operation);
    const made = batch.apply(this, given);
    if (given.length === 0) count(made as Methods, handed);
    return made;
  };
}

function add(handed: Handed, { type, key, value }: Operation): void {
  if (type === 'del') handed.deleted += key.length;
  else handed.put += key.length + (value?.length ?? 0);
}
