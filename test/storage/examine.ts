import type { Test } from 'tap';
import { type Examination, examineStore, type Finding } from '../../storage/doctor.ts';
import { LevelStore } from '../../storage/level-store.ts';
import { onDisk } from './level-disk.ts';

/** What the doctor finds in a store that nobody holds. */
export async function examine(directory: string, repair = false): Promise<Examination & { found: Finding[] }> {
  const found: Finding[] = [];
  const examination = await examineStore({ directory, repair, onFinding: (finding) => found.push(finding) });
  return { ...examination, found };
}

export async function repairingAgainFindsNothing(t: Test, directory: string): Promise<void> {
  const again = await examine(directory, true);
  t.same(again.found, []);
  t.equal(again.left, 0);
}

/** Opens a store until the test ends. */
export async function reopen(t: Test, directory: string): Promise<LevelStore> {
  const store = await LevelStore.open({ directory, durability: 'os' });
  t.teardown(() => store.close());
  return store;
}

export function remove(directory: string, key: Buffer): Promise<void> {
  return onDisk(directory, (disk) => disk.del(key));
}

export function put(key: Buffer, value: Buffer): (directory: string) => Promise<void> {
  return (directory) => onDisk(directory, (disk) => disk.put(key, value));
}
