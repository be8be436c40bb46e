import t, { type Test } from 'tap';
import { Database, type Operation } from '../../storage/database.ts';
import { seal } from '../../storage/envelope.ts';
import { GroupCommit } from '../../storage/group-commit.ts';
import { chunkKey, generationOf, generationPrefix, generationRange, tombstoneKey } from '../../storage/keys.ts';
import { Sweeper } from '../../storage/sweeper.ts';

/** A sweeper over an agent with one chunk in each of the generations 1, 2 and 3, and a tombstone. */
async function setUp(t: Test) {
  const database = await Database.open(t.testdir(), 'os');
  t.teardown(() => database.close());
  const commits = new GroupCommit<Operation>((operations) => database.write(operations));
  const value = seal(Buffer.from('chunk'), 1);
  const chunks = [1, 2, 3].map((generation) => chunkKey(generationPrefix('chat/ada', generation), 1));
  await database.write([...chunks, tombstoneKey('chat/ada')].map((key) => ({ kind: 'put', key, value })));
  const generations = async () => (await database.level.keys(generationRange('chat/ada', 9)).all()).map(generationOf);
  const hasTombstone = () => database.level.getSync(tombstoneKey('chat/ada')) !== undefined;
  return { sweeper: new Sweeper(database, commits), generations, hasTombstone };
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
