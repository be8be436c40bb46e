import { Level } from 'level';
import t from 'tap';
import { countHanded } from '../../bench/handed.ts';
import { testFolder } from '../test-folder.ts';

t.test('every way of handing something to LevelDB is counted, keys and values', async (t) => {
  const level = new Level<Buffer, Buffer>(testFolder(t), { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  t.teardown(() => level.close());
  const key = Buffer.from('key');
  const value = Buffer.from('value');
  await level.put(key, value);
  const handed = countHanded();
  t.same(handed, { put: 0, deleted: 0 });

  await level.put(key, value);
  t.same(handed, { put: 8, deleted: 0 });
  await level.batch().put(key, value).put(key, value).del(key).write();
  t.same(handed, { put: 24, deleted: 3 });
  await level.batch([
    { type: 'put', key, value },
    { type: 'del', key },
  ]);
  t.same(handed, { put: 32, deleted: 6 });
  await level.del(key);
  t.same(handed, { put: 32, deleted: 9 });
});
