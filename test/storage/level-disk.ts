import { setImmediate } from 'node:timers/promises';
import { Level } from 'level';
import type { Test } from 'tap';
import { purgeRange, tombstoneRange } from '../../storage/keys.ts';
import { LevelStore } from '../../storage/level-store.ts';
import type { Durability } from '../../storage/store.ts';
import { testFolder } from '../test-folder.ts';
import { NOW, type StoreUnderTest } from './contract.ts';

type Disk = Level<Buffer, Buffer>;

/** A LevelStore in a directory of the test's own, closed at its end. */
export async function levelStore(t: Test, durability: Durability = 'os') {
  const directory = testFolder(t);
  let disk: Disk | undefined;
  replace(t, 'open', (own) => {
    return function (this: Disk, ...args: never[]) {
      disk = this;
      return own.apply(this, args);
    };
  });
  const open = async () => {
    const store = await LevelStore.open({ directory, durability, clock: { now: () => NOW } });
    t.teardown(() => store.close());
    return store;
  };
  const store = await open();
  let newest = store;
  const reopen = async () => {
    await newest.close();
    newest = await open();
    return newest;
  };
  /** Resolves once nothing is left to be swept. */
  const swept = async () => {
    for (const range of [tombstoneRange(), purgeRange()]) {
      while ((await disk?.keys(range).all())?.length) await setImmediate();
    }
  };
  return { directory, store, reopen, swept } satisfies StoreUnderTest & Record<string, unknown>;
}

/** Works on the database itself, while no store holds it. */
export async function onDisk<T>(directory: string, work: (disk: Disk) => Promise<T>): Promise<T> {
  const disk: Disk = new Level(directory, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  try {
    await disk.open();
    return await work(disk);
  } finally {
    await disk.close();
  }
}

/** Flips the last byte of one value. */
export async function flip(directory: string, key: Buffer): Promise<void> {
  await onDisk(directory, async (disk) => {
    const value = await disk.get(key);
    if (!value) throw new Error(`No value at ${key}`);
    value.writeUInt8(value.readUInt8(value.length - 1) ^ 1, value.length - 1);
    await disk.put(key, value);
  });
}

/** All keys that start with this, as text. */
export async function keysOf(directory: string, start: string): Promise<string[]> {
  const range = { gte: Buffer.from(start), lt: Buffer.concat([Buffer.from(start), Buffer.of(0xff)]) };
  const keys = await onDisk(directory, (disk) => disk.keys(range).all());
  return keys.map((key) => key.toString('latin1'));
}

export type Method = 'batch' | 'put' | 'open' | 'keys' | 'values' | 'iterator' | 'get' | 'getSync';

/** Puts a method in the place of LevelDB's own until the returned function is called, or the test ends. */
export function replace(t: Test, method: Method, make: (own: (...args: never[]) => unknown) => unknown): () => void {
  const own = Level.prototype[method] as (...args: never[]) => unknown;
  Object.defineProperty(Level.prototype, method, { value: make(own), configurable: true, writable: true });
  const restore = () => {
    Object.defineProperty(Level.prototype, method, { value: own, configurable: true, writable: true });
  };
  t.teardown(restore);
  return restore;
}

/** From now on writes fail: not written at all, or written and reported as failed. */
export function failWrites(t: Test, outcome: 'lost' | 'written' = 'lost'): () => void {
  const failed = new Error('disk full');
  const mendPut = replace(t, 'put', (own) => {
    return async function (this: Disk, ...args: never[]) {
      if (outcome === 'written') await own.apply(this, args);
      throw failed;
    };
  });
  const mendBatch = replace(t, 'batch', (own) => {
    return function (this: Disk, ...args: never[]) {
      const batch = own.apply(this, args) as ReturnType<Disk['batch']>;
      const write = batch.write.bind(batch);
      batch.write = async () => {
        await (outcome === 'lost' ? batch.close() : write());
        throw failed;
      };
      return batch;
    };
  });
  return () => {
    mendPut();
    mendBatch();
  };
}
