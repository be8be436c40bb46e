import t, { type Test } from 'tap';
import { Database, type Operation } from '../../storage/database.ts';
import { seal, sealNumber } from '../../storage/envelope.ts';
import { GroupCommit } from '../../storage/group-commit.ts';
import { type Head, sealHead } from '../../storage/head.ts';
import {
  chunkKey,
  generationOf,
  generationPrefix,
  generationRange,
  headKey,
  numberedKey,
  purgeKey,
  tombstoneKey,
} from '../../storage/keys.ts';
import { sealRow } from '../../storage/row.ts';
import { Sweeper } from '../../storage/sweeper.ts';
import { sealTombstone } from '../../storage/tombstone.ts';
import { testFolder } from '../test-folder.ts';

/** A sweeper over an agent with one chunk in each of the generations 1, 2 and 3, and a tombstone. */
async function setUp(t: Test, head?: Head) {
  const database = await Database.open(testFolder(t), 'os');
  t.teardown(() => database.close());
  const commits = new GroupCommit<Operation>((operations) => database.write(operations));
  const value = seal(Buffer.from('chunk'), 1);
  const chunks = [1, 2, 3].map((generation) => chunkKey(generationPrefix('chat/ada', generation), 1));
  await database.write([...chunks, tombstoneKey('chat/ada')].map((key) => ({ kind: 'put', key, value })));
  if (head) await database.write([{ kind: 'put', key: headKey('chat/ada'), value: sealHead(head) }]);
  const generations = async () => (await database.level.keys(generationRange('chat/ada', 9)).all()).map(generationOf);
  const hasTombstone = () => database.level.getSync(tombstoneKey('chat/ada')) !== undefined;
  return { database, sweeper: new Sweeper(database, commits), generations, hasTombstone };
}

t.test('a sweep clears up to the generation of the tombstone, then the tombstone', async (t) => {
  const { sweeper, generations, hasTombstone } = await setUp(t);
  const committed = Promise.resolve();
  sweeper.sweep('chat/ada', 2, committed);
  await committed;
  await sweeper.idle();
  t.same(await generations(), [3]);
  t.equal(hasTombstone(), false);
});

t.test('a sweep never runs ahead of a tombstone whose write is under way and fails', async (t) => {
  const { sweeper, generations, hasTombstone } = await setUp(t);
  const written = Promise.resolve();
  const failing = Promise.withResolvers<void>();
  sweeper.sweep('chat/ada', 1, written);
  sweeper.sweep('chat/ada', 2, failing.promise);
  await written;
  await sweeper.idle();
  t.same((await generations()).slice(-2), [2, 3], 'what may stay alive is left');
  t.equal(hasTombstone(), true, 'and the tombstone, which may be the newer one');
  failing.reject(new Error('disk full'));
  await t.rejects(failing.promise);
  await sweeper.idle();
  t.same((await generations()).slice(-2), [2, 3]);
});

t.test('a tombstone that is replaced while its sweep runs is left to the newer sweep', async (t) => {
  const { sweeper, generations, hasTombstone } = await setUp(t);
  const older = Promise.resolve();
  sweeper.sweep('chat/ada', 1, older);
  await older;
  const newer = Promise.withResolvers<void>();
  sweeper.sweep('chat/ada', 2, newer.promise);
  await sweeper.idle();
  t.same(await generations(), [2, 3]);
  t.equal(hasTombstone(), true);
  newer.resolve();
  await newer.promise;
  await sweeper.idle();
  t.same(await generations(), [3]);
  t.equal(hasTombstone(), false);
});

const HEAD: Head = { generation: 3, sequence: 1, chunks: 1, length: 5, createdAt: 0 };

t.test('what a snapshot replaced is cleared once the snapshot has been read back', async (t) => {
  const { sweeper, generations, hasTombstone } = await setUp(t, HEAD);
  const committed = Promise.resolve();
  sweeper.sweep('chat/ada', 2, committed);
  await committed;
  await sweeper.idle();
  t.same([await generations(), hasTombstone()], [[3], false]);
});

t.test('while the snapshot cannot be read back, what it replaced stays, until another one can', async (t) => {
  const damages: [string, Head][] = [
    ['of another length', { ...HEAD, length: 6 }],
    ['short of a chunk', { ...HEAD, chunks: 2, length: 10 }],
  ];
  for (const [what, head] of damages) {
    t.test(what, async (t) => {
      const { database, sweeper, generations, hasTombstone } = await setUp(t, head);
      const tombstone = sealTombstone({ generation: 2, head: { ...HEAD, generation: 2 } });
      await database.write([{ kind: 'put', key: tombstoneKey('chat/ada'), value: tombstone }]);
      await sweeper.resume();
      await sweeper.idle();
      t.same([await generations(), hasTombstone()], [[1, 2, 3], true]);
      await sweeper.resume();
      await sweeper.idle();
      t.same([await generations(), hasTombstone()], [[1, 2, 3], true]);
      await database.write([{ kind: 'put', key: headKey('chat/ada'), value: sealHead(HEAD) }]);
      await sweeper.resume();
      await sweeper.idle();
      t.same([await generations(), hasTombstone()], [[3], false]);
    });
  }
});

t.test('a purge clears what is numbered below it, then its mark; one that is damaged is left', async (t) => {
  const { database, sweeper } = await setUp(t);
  const inbox = (agentId: string) =>
    [1, 2, 3].map((number) => ({ number, key: numberedKey('inbox', agentId, number) }));
  const rows = ['chat/ada', 'chat/bob'].flatMap(inbox);
  await database.write(rows.map(({ number, key }) => ({ kind: 'put', key, value: sealRow(number, {}) })));
  await database.write([
    { kind: 'put', key: purgeKey('chat/ada'), value: sealNumber(3) },
    { kind: 'put', key: purgeKey('chat/bob'), value: Buffer.from('?') },
  ]);
  await sweeper.resume();
  await sweeper.idle();
  const left = rows.filter(({ key }) => database.level.getSync(key)).map(({ number }) => number);
  t.same(left, [3, 1, 2, 3]);
  t.equal(database.level.getSync(purgeKey('chat/ada')), undefined);
  t.ok(database.level.getSync(purgeKey('chat/bob')));
});

t.test('a mark whose write fails does not keep a newer one from being swept', async (t) => {
  const { sweeper, generations } = await setUp(t);
  const [failing, newer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  sweeper.sweep('chat/ada', 1, failing.promise);
  sweeper.sweep('chat/ada', 2, newer.promise);
  failing.reject(new Error('disk full'));
  await t.rejects(failing.promise);
  newer.resolve();
  await newer.promise;
  await sweeper.idle();
  t.same(await generations(), [3]);
});
