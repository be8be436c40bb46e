import type { Database, Operation } from './database.ts';
import { GroupCommit } from './group-commit.ts';

/** The group commit of a database: what everything is written through. */
export type Commits = GroupCommit<Operation>;

export function commitsOf(database: Database): Commits {
  return new GroupCommit<Operation>((operations, lightly) => database.write(operations, lightly));
}

/** A row to be written. */
export function put(key: Buffer, value: Buffer): Operation {
  return { kind: 'put', key, value };
}

/** A row to be removed. */
export function del(key: Buffer): Operation {
  return { kind: 'del', key };
}

/** The bytes of some operations, keys included. */
export function weigh(operations: readonly Operation[]): number {
  let bytes = 0;
  for (const operation of operations) {
    if (operation.kind === 'count') continue;
    bytes += operation.key.length;
    if (operation.kind === 'put') bytes += operation.value.length;
  }
  return bytes;
}
