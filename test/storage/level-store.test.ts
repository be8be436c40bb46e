import t from 'tap';
import { seal, sealNumber } from '../../storage/envelope.ts';
import { chunkKey, FORMAT_KEY, generationPrefix, headKey, recordKey, TOTAL_KEY } from '../../storage/keys.ts';
import { LevelStore } from '../../storage/level-store.ts';
import { testFolder } from '../test-folder.ts';
import { bytes, create, ids, storeContract, text } from './contract.ts';
import { failWrites, flip, keysOf, levelStore, onDisk, replace } from './level-disk.ts';
import { messagesContract } from './messages-contract.ts';

for (const durability of ['os', 'fsync'] as const) {
  storeContract(t, (t) => levelStore(t, durability));
  messagesContract(t, (t) => levelStore(t, durability));
}

t.test('a directory that another one holds is refused by name, and free again once it is closed', async (t) => {
  const { directory, store } = await levelStore(t);
  const again = () => LevelStore.open({ directory, durability: 'os' });
  await t.rejects(again(), { code: 'ERR_DROWSE_STORE_LOCKED', retryable: true, message: new RegExp(directory) });
  await store.close();
  await (await again()).close();
});

t.test('a directory that cannot be used is refused with the cause', async (t) => {
  const directory = testFolder(t, { file: 'not a directory' });
  const open = LevelStore.open({ directory: `${directory}/file`, durability: 'os' });
  await t.rejects(open, { code: 'ERR_DROWSE_STORE_FAILED', cause: { code: /EEXIST|ENOTDIR/ } });
});

t.test('the directory is made, and its parents', async (t) => {
  const directory = `${testFolder(t)}/one/two`;
  const store = await LevelStore.open({ directory, durability: 'os' });
  await create(store, 'chat/ada', 'born');
  await store.close();
});

t.test('a store of a newer format, or of somebody else, is refused and left alone', async (t) => {
  const { directory, store, reopen } = await levelStore(t);
  await store.close();
  await onDisk(directory, (disk) => disk.put(FORMAT_KEY, Buffer.from('2')));
  await t.rejects(reopen(), { code: 'ERR_DROWSE_STORE_FAILED', message: /newer drowse.*Upgrade/ });
  await onDisk(directory, (disk) => disk.put(FORMAT_KEY, Buffer.from('?')));
  await t.rejects(reopen(), { code: 'ERR_DROWSE_STORE_FAILED', message: /unknown format "\?"/ });
  await onDisk(directory, (disk) => disk.batch().del(FORMAT_KEY).put(Buffer.from('x'), Buffer.from('y')).write());
  await t.rejects(reopen(), { code: 'ERR_DROWSE_STORE_FAILED', message: /did not make/ });
  t.same(await keysOf(directory, ''), ['x']);
});

t.test('a damaged counter is counted anew', async (t) => {
  const { directory, store, reopen } = await levelStore(t);
  for (const id of ['a/1', 'a/2', 'a/3']) await create(store, id, 'born');
  await store.close();
  await flip(directory, TOTAL_KEY);
  t.equal((await reopen()).total, 3);
});

t.test('a large snapshot is chunked, and read as it was', async (t) => {
  const { directory, store, reopen } = await levelStore(t);
  const snapshot = new Uint8Array(5_000_000).map((_, index) => index * 31 + (index >> 8));
  const { journal } = await store.open('chat/ada');
  await journal.snapshot(1, snapshot);
  await journal.append(bytes('two'));
  const again = await reopen();
  const stored = await again.read('chat/ada');
  t.equal(Buffer.compare(stored?.snapshot as Uint8Array, snapshot), 0);
  t.equal(stored?.sequence, 2);
  await again.close();
  t.equal((await keysOf(directory, 'd')).length, 6, 'five chunks and a record');
});

t.test('damage', async (t) => {
  const good = { code: 'ERR_DROWSE_CORRUPT_STATE', agentId: 'chat/ada', retryable: false };
  const prefix = generationPrefix('chat/ada', 1);
  const cases = [
    { what: 'a flipped byte in a record', key: recordKey(prefix, 3), flip, says: /record 3 .*up to sequence 2/ },
    { what: 'a gap in the records', key: recordKey(prefix, 3), flip: remove, says: /record 3 .*up to sequence 2/ },
    { what: 'a flipped byte in a chunk', key: chunkKey(prefix, 2), flip, says: /snapshot chunk 2 .*Nothing of it/ },
    { what: 'a missing chunk', key: chunkKey(prefix, 1), flip: remove, says: /snapshot chunk 1 is missing/ },
    { what: 'a chunk of another length', key: chunkKey(prefix, 2), flip: shorten, says: /snapshot has \d+ bytes, not/ },
    { what: 'a missing later chunk', key: chunkKey(prefix, 2), flip: remove, says: /snapshot chunk 2 is missing/ },
    { what: 'a flipped byte in the head', key: headKey('chat/ada'), flip, says: /head .*Nothing of it can be read/ },
  ];
  for (const { what, key, flip, says } of cases) {
    t.test(`${what} is found, confined to its agent, and ended by deleting it`, async (t) => {
      const { directory, store, reopen } = await levelStore(t);
      const { journal } = await store.open('chat/ada');
      await journal.snapshot(1, new Uint8Array(1_500_000));
      for (const record of ['two', 'three', 'four']) await journal.append(bytes(record));
      await create(store, 'chat/bob', 'born', 'two');
      await store.close();
      await flip(directory, key);
      const again = await reopen();
      await t.rejects(again.open('chat/ada'), { ...good, message: says });
      await t.rejects(again.read('chat/ada'), { ...good, message: says });
      t.same(text((await again.open('chat/bob')).stored), { snapshot: 'born', records: ['two'], sequence: 2 });
      t.same(await ids(again), ['chat/ada', 'chat/bob']);
      t.equal(await again.delete('chat/ada'), true);
      await create(again, 'chat/ada', 'new');
      t.same(text(await again.read('chat/ada')), { snapshot: 'new', records: [], sequence: 1 });
      t.equal(again.total, 2);
    });
  }
});

t.test('what a snapshot replaced, or a delete left, is cleared with its tombstone', async (t) => {
  const { directory, store, swept } = await levelStore(t);
  const journal = await create(store, 'chat/ada', 'born', 'two');
  await journal.snapshot(2, bytes('second'));
  await journal.snapshot(2, bytes('third'));
  await journal.append(bytes('three'));
  const many = await create(store, 'chat/bob', 'born');
  await Promise.all(Array.from({ length: 1_200 }, () => many.append(bytes('one of many'))));
  await store.delete('chat/bob');
  await swept();
  await store.close();
  t.same(await keysOf(directory, 't'), []);
  t.same(await keysOf(directory, 'd'), [
    chunkKey(generationPrefix('chat/ada', 3), 1).toString('latin1'),
    recordKey(generationPrefix('chat/ada', 3), 3).toString('latin1'),
  ]);
});

t.test('clearing that was cut off is resumed when the store is opened', async (t) => {
  const { directory, store, reopen, swept } = await levelStore(t);
  const stop = replace(t, 'keys', () => () => {
    throw new Error('cut off');
  });
  await create(store, 'chat/ada', 'born', 'two');
  await store.delete('chat/ada');
  await create(store, 'chat/ada', 'new', 'second');
  const bob = await create(store, 'chat/bob', 'born', 'two');
  await bob.snapshot(2, bytes('folded'));
  await store.close();
  stop();
  t.same(await keysOf(directory, 't'), ['tchat/ada', 'tchat/bob']);
  t.equal((await keysOf(directory, 'd')).length, 7, 'four live, and the three dead are not seen:');
  const again = await reopen();
  t.same(text(await again.read('chat/ada')), { snapshot: 'new', records: ['second'], sequence: 2 });
  await swept();
  await again.close();
  t.same(await keysOf(directory, 't'), []);
  t.equal((await keysOf(directory, 'd')).length, 3);
});

t.test('a failed write rejects what was collected behind it, and the store goes on from what is on disk', async (t) => {
  const { store, reopen } = await levelStore(t);
  const ada = await create(store, 'chat/ada', 'born');
  const bob = await create(store, 'chat/bob', 'born');
  const mend = failWrites(t);
  const failed = { code: 'ERR_DROWSE_STORE_FAILED', retryable: true };
  await Promise.all([
    t.rejects(ada.append(bytes('lost')), { ...failed, message: /outcome is unknown: disk full/ }),
    t.rejects(ada.append(bytes('behind')), { ...failed, message: /Nothing was written/ }),
    t.rejects(bob.append(bytes('behind, too')), { ...failed, message: /Nothing was written/ }),
  ]);
  mend();
  await t.rejects(ada.append(bytes('stale')), { ...failed, agentId: 'chat/ada' });
  await t.rejects(bob.append(bytes('stale, too')), { ...failed, agentId: 'chat/bob' });
  t.equal(store.total, 2);
  const { journal, stored } = await store.open('chat/ada');
  t.same(text(stored), { snapshot: 'born', records: [], sequence: 1 });
  await journal.append(bytes('two'));
  t.equal(await store.delete('chat/bob'), true);
  const again = await reopen();
  t.equal(again.total, 1);
  t.same(text(await again.read('chat/ada')), { snapshot: 'born', records: ['two'], sequence: 2 });
});

t.test('a write that failed and is on disk all the same is found when its agent is opened again', async (t) => {
  const { store } = await levelStore(t);
  const mend = failWrites(t, 'written');
  await t.rejects(create(store, 'chat/ada', 'born', 'behind'), { code: 'ERR_DROWSE_STORE_FAILED' });
  mend();
  const { journal, stored } = await store.open('chat/ada');
  t.same(text(stored), { snapshot: 'born', records: [], sequence: 1 });
  t.equal(store.total, 1);
  await journal.append(bytes('two'));
  t.same((await store.read('chat/ada'))?.sequence, 2);
});

t.test('while the database cannot be opened again everything fails, and each call tries anew', async (t) => {
  const { store } = await levelStore(t);
  const journal = await create(store, 'chat/ada', 'born');
  const mendWrites = failWrites(t);
  await t.rejects(journal.append(bytes('lost')), { code: 'ERR_DROWSE_STORE_FAILED' });
  mendWrites();
  let attempts = 0;
  const mendOpen = replace(t, 'open', () => async () => {
    attempts += 1;
    throw new Error('no such device');
  });
  const failed = { code: 'ERR_DROWSE_STORE_FAILED', message: /cannot be opened again: no such device/ };
  await t.rejects(store.open('chat/ada'), failed);
  await t.rejects(store.read('chat/ada'), failed);
  await t.rejects(store.delete('chat/ada'), failed);
  await t.rejects(ids(store), failed);
  t.equal(attempts, 4);
  mendOpen();
  await create(store, 'chat/bob', 'born');
  t.same(await ids(store), ['chat/ada', 'chat/bob']);
  t.equal(store.total, 2);
});

t.test('a store that is closed while broken is not opened again by calls under way', async (t) => {
  const { directory, store } = await levelStore(t);
  const journal = await create(store, 'chat/ada', 'born');
  const mend = failWrites(t);
  const write = journal.append(bytes('lost'));
  const opened = store.open('chat/ada');
  const closed = store.close();
  await t.rejects(write, { code: 'ERR_DROWSE_STORE_FAILED' });
  mend();
  await Promise.allSettled([opened, closed]);
  await store.read('chat/ada').catch(() => undefined);
  await (await LevelStore.open({ directory, durability: 'os' })).close();
});

t.test('an agent whose tombstone is damaged starts above all it ever had', async (t) => {
  const { directory, store, reopen } = await levelStore(t);
  await create(store, 'chat/ada', 'born', 'two', 'three');
  await store.close();
  await onDisk(directory, (disk) =>
    disk.batch().del(headKey('chat/ada')).put(Buffer.from('tchat/ada'), sealNumber(1).fill(0, 5)).write(),
  );
  const again = await reopen();
  await create(again, 'chat/ada', 'new');
  t.same(text(await again.read('chat/ada')), { snapshot: 'new', records: [], sequence: 1 });
});

async function remove(directory: string, key: Buffer): Promise<void> {
  await onDisk(directory, (disk) => disk.del(key));
}

async function shorten(directory: string, key: Buffer): Promise<void> {
  await onDisk(directory, (disk) => disk.put(key, seal(bytes('short'), 2)));
}
