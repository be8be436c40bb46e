import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import t, { type Test } from 'tap';
import { sealNumber } from '../../storage/envelope.ts';
import {
  chunkKey,
  FORMAT_KEY,
  generationPrefix,
  headKey,
  recordKey,
  TOTAL_KEY,
  tombstoneKey,
} from '../../storage/keys.ts';
import type { LevelStore } from '../../storage/level-store.ts';
import { testFolder } from '../test-folder.ts';
import { bytes, create, ids, text } from './contract.ts';
import { examine, put, remove, reopen, repairingAgainFindsNothing } from './examine.ts';
import { flip, levelStore } from './level-disk.ts';

const PREFIX = generationPrefix('chat/bob', 1);
const SNAPSHOT = new Uint8Array(1_500_000).map((_, index) => index * 31 + (index >> 8));

/** A closed store of three agents: bob, at sequence 5, lies between two that nothing may happen to. */
async function closedStore(t: Test): Promise<string> {
  const { directory, store } = await levelStore(t);
  await create(store, 'chat/ada', 'born', 'two');
  const { journal } = await store.open('chat/bob');
  await journal.snapshot(1, SNAPSHOT);
  for (const record of ['two', 'three', 'four', 'five']) await journal.append(bytes(record));
  await create(store, 'chat/eve', 'born', 'two', 'three');
  await store.close();
  return directory;
}

async function othersAreUntouched(t: Test, store: LevelStore): Promise<void> {
  t.same(text(await store.read('chat/ada')), { snapshot: 'born', records: ['two'], sequence: 2 });
  t.same(text(await store.read('chat/eve')), { snapshot: 'born', records: ['two', 'three'], sequence: 3 });
}

t.test('a store of some hundreds of agents is healthy, whatever they went through', async (t) => {
  const { directory, store } = await levelStore(t);
  await Promise.all(
    Array.from({ length: 400 }, async (_, n) => {
      const journal = await create(store, `chat/${n}`, 'born', 'two', 'three');
      if (n % 3 === 0) await journal.snapshot(3, bytes('folded'));
      if (n % 6 === 0) await journal.append(bytes('four'));
      if (n % 10 === 0) await store.delete(`chat/${n}`);
      if (n % 20 === 0) await create(store, `chat/${n}`, 'born again');
    }),
  );
  await store.close();
  t.match(await examine(directory), { agents: 380, findings: 0, left: 0, aside: 0 });
  t.match(await examine(directory, true), { agents: 380, findings: 0, left: 0, aside: 0 });
});

t.test('damaged records: the agent is returned to the state it had before the first of them', async (t) => {
  const cases = [
    { what: 'a flipped byte', damage: flip, says: ['its record 4 is missing or fails its checksum'] },
    { what: 'a gap', damage: remove, says: ['its record 4 is missing'] },
    {
      what: 'a record cut short',
      damage: (d: string, key: Buffer) => put(key, Buffer.of(1))(d),
      says: ['its record 4 is cut short'],
    },
  ];
  for (const { what, damage, says } of cases) {
    t.test(what, async (t) => {
      const directory = await closedStore(t);
      await damage(directory, recordKey(PREFIX, 4));
      const finding = { agentId: 'chat/bob', damage: says, lastGood: 3, lost: { from: 4, to: 5 } };
      t.match(await examine(directory), { agents: 3, findings: 1, left: 1, found: [{ ...finding, repaired: false }] });
      const repaired = await examine(directory, true);
      t.match(repaired, { agents: 3, findings: 1, left: 0, found: [{ ...finding, repaired: true }] });
      await repairingAgainFindsNothing(t, directory);
      const store = await reopen(t, directory);
      const stored = await store.read('chat/bob');
      t.equal(Buffer.compare(stored?.snapshot as Uint8Array, SNAPSHOT), 0);
      t.same(stored?.records, [bytes('two'), bytes('three')]);
      await othersAreUntouched(t, store);
      const { journal } = await store.open('chat/bob');
      await journal.append(bytes('another four'));
      t.equal((await store.read('chat/bob'))?.sequence, 4);
    });
  }
});

t.test('a damaged snapshot or head: the agent cannot be saved, and is moved aside whole', async (t) => {
  const cases = [
    {
      what: 'a flipped byte in a chunk',
      key: chunkKey(PREFIX, 2),
      damage: flip,
      says: /snapshot chunk 2 .*checksum/,
      rows: 7,
    },
    { what: 'a missing chunk', key: chunkKey(PREFIX, 1), damage: remove, says: /snapshot chunk 1 is missing/, rows: 6 },
    {
      what: 'a missing last chunk',
      key: chunkKey(PREFIX, 2),
      damage: remove,
      says: /snapshot chunk 2 is missing/,
      rows: 6,
    },
    {
      what: 'a flipped byte in the head',
      key: headKey('chat/bob'),
      damage: flip,
      says: /its head .*checksum/,
      rows: 7,
    },
  ];
  for (const { what, key, damage, says, rows } of cases) {
    t.test(what, async (t) => {
      const directory = await closedStore(t);
      await damage(directory, key);
      const found = await examine(directory);
      t.match(found.found, [
        { agentId: 'chat/bob', lastGood: undefined, lost: { from: 1, to: 5 }, remedy: /cannot be saved/ },
      ]);
      t.match(found.found[0]?.damage[0], says);
      t.match(await examine(directory, true), { agents: 2, findings: 1, left: 0, aside: rows });
      await repairingAgainFindsNothing(t, directory);
      const store = await reopen(t, directory);
      t.same(await ids(store), ['chat/ada', 'chat/eve']);
      t.equal(store.total, 2);
      await othersAreUntouched(t, store);
      await create(store, 'chat/bob', 'born again');
      t.equal((await store.read('chat/bob'))?.sequence, 1);
    });
  }
});

t.test('a missing head leaves rows without one, which are moved aside', async (t) => {
  const directory = await closedStore(t);
  await remove(directory, headKey('chat/bob'));
  const { found } = await examine(directory);
  t.match(found, [
    { agentId: 'chat/bob', damage: ['it has 6 rows without a head that can be read'] },
    { damage: ['the counter says 3 agents'] },
  ]);
  t.match(await examine(directory, true), { agents: 2, findings: 2, left: 0, aside: 6 });
  await repairingAgainFindsNothing(t, directory);
});

t.test('rows and keys that nobody reads are found; those of an agent are moved aside', async (t) => {
  const directory = await closedStore(t);
  await put(recordKey(generationPrefix('chat/bob', 2), 6), Buffer.from('from another life'))(directory);
  await put(Buffer.from('z'), Buffer.from('y'))(directory);
  const { found } = await examine(directory);
  t.match(found, [
    { agentId: 'chat/bob', damage: ['it has 1 rows that belong to nothing'], lastGood: 5 },
    { damage: [/"z"/] },
  ]);
  t.match(await examine(directory, true), { findings: 2, left: 1, aside: 1 });
  t.match((await examine(directory, true)).found, [{ damage: [/"z"/], repaired: false }]);
});

t.test('a tombstone that is damaged, or declares the living dead, is put right', async (t) => {
  for (const value of [Buffer.from('?'), sealNumber(1)]) {
    const directory = await closedStore(t);
    await put(tombstoneKey('chat/bob'), value)(directory);
    t.match((await examine(directory)).found, [{ agentId: 'chat/bob', damage: [/tombstone/], lastGood: 5 }]);
    t.match(await examine(directory, true), { agents: 3, findings: 1, left: 0, aside: 0 });
    await repairingAgainFindsNothing(t, directory);
    const store = await reopen(t, directory);
    t.equal((await store.read('chat/bob'))?.sequence, 5);
    await store.close();
  }
});

t.test('a counter that is wrong or damaged is set', async (t) => {
  for (const damage of [put(TOTAL_KEY, sealNumber(7)), (directory: string) => flip(directory, TOTAL_KEY)]) {
    const directory = await closedStore(t);
    await damage(directory);
    t.match((await examine(directory)).found, [{ damage: [/the counter/], repaired: false }]);
    t.match(await examine(directory, true), { agents: 3, findings: 1, left: 0 });
    await repairingAgainFindsNothing(t, directory);
    const store = await reopen(t, directory);
    t.equal(store.total, 3);
    await store.close();
  }
});

t.test('a store that is held, newer, missing or of somebody else is refused and left alone', async (t) => {
  const directory = await closedStore(t);
  const store = await reopen(t, directory);
  await t.rejects(examine(directory, true), { code: 'ERR_DROWSE_STORE_LOCKED', message: new RegExp(directory) });
  await store.close();
  await put(FORMAT_KEY, Buffer.from('2'))(directory);
  await t.rejects(examine(directory, true), { code: 'ERR_DROWSE_STORE_FAILED', message: /newer drowse.*Upgrade/ });
  await remove(directory, FORMAT_KEY);
  await t.rejects(examine(directory, true), { code: 'ERR_DROWSE_STORE_FAILED', message: /did not make/ });
  const empty = testFolder(t, { empty: {} });
  await t.rejects(examine(`${empty}/empty`), { code: 'ERR_DROWSE_STORE_FAILED', message: /There is no store/ });
  await t.rejects(examine(`${empty}/none`), { code: 'ERR_DROWSE_STORE_FAILED', message: /There is no store/ });
  t.same(readdirSync(`${empty}/empty`), []);
});

t.test('a database that LevelDB cannot open is reported, and on request copied and rebuilt', async (t) => {
  const place = testFolder(t);
  const manifest = (directory: string) => `${directory}/${readFileSync(`${directory}/CURRENT`, 'utf8').trim()}`;
  const cases = [
    { what: 'CURRENT missing', damage: (d: string) => rmSync(`${d}/CURRENT`), says: /CURRENT is missing/ },
    { what: 'CURRENT damaged', damage: (d: string) => writeFileSync(`${d}/CURRENT`, 'rubbish'), says: /CURRENT/ },
    { what: 'MANIFEST missing', damage: (d: string) => rmSync(manifest(d)), says: /MANIFEST/ },
    { what: 'MANIFEST damaged', damage: (d: string) => truncateSync(manifest(d)), says: /cannot open/ },
  ];
  for (const { what, damage, says } of cases) {
    t.test(what, async (t) => {
      const directory = `${place}/${what}`;
      cpSync(await closedStore(t), directory, { recursive: true });
      damage(directory);
      const { found, left } = await examine(directory);
      t.equal(left, 1);
      t.match(found, [{ repaired: false, remedy: /restore a backup/ }]);
      t.match(found[0]?.damage[0], says);
      const repaired = await examine(directory, true);
      t.match(repaired, { agents: 3, findings: 1, left: 0 });
      const copies = readdirSync(dirname(directory)).filter((name) =>
        name.startsWith(`${basename(directory)}.damaged-`),
      );
      t.equal(copies.length, 1);
      await repairingAgainFindsNothing(t, directory);
      await othersAreUntouched(t, await reopen(t, directory));
    });
  }
});

t.test('a block that LevelDB cannot read is reported, and left with all that lies in it', async (t) => {
  const { directory, store, reopen } = await levelStore(t);
  for (let n = 0; n < 50; n += 1) await create(store, `chat/${n}`, 'born', ' '.repeat(5_000));
  await (await reopen()).close();
  scribble(directory, '.ldb', 100);
  for (const repair of [false, true]) {
    const { found, left } = await examine(directory, repair);
    t.ok(left > 0);
    const own = found.filter(({ agentId }) => agentId === undefined);
    t.match(own, [{ damage: [/LevelDB cannot read/], repaired: false, remedy: /restore a backup/ }]);
  }
});

t.test('a table that LevelDB cannot open, with the keys no store can do without, is one for rebuilding', async (t) => {
  const place = testFolder(t);
  const directory = `${place}/data`;
  const store = await reopen(t, directory);
  await create(store, 'chat/ada', 'born');
  await store.close();
  await (await reopen(t, directory)).close();
  scribble(directory, '.ldb', -60);
  t.match((await examine(directory)).found, [{ damage: [/cannot open/], remedy: /restore a backup/ }]);
  t.match(await examine(directory, true), { agents: 0, findings: 1, left: 0 });
});

t.test('what LevelDB drops of its log unasked is reported', async (t) => {
  const directory = await closedStore(t);
  scribble(directory, '.log', 100);
  const { found, left } = await examine(directory);
  t.match(found[0], { damage: [/dropped \d+ damaged bytes of its log/], repaired: false });
  t.ok(left > 1);
});

/** Writes rubbish over 100 bytes of each file with this ending; from its end where `at` is negative. */
function scribble(directory: string, ending: string, at: number): void {
  for (const file of readdirSync(directory).filter((name) => name.endsWith(ending))) {
    const content = readFileSync(`${directory}/${file}`);
    content.subarray(at).subarray(0, 100).fill(0x55);
    writeFileSync(`${directory}/${file}`, content);
  }
}
