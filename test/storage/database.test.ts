import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Database } from '../../storage/database.ts';
import { LevelStore } from '../../storage/level-store.ts';
import { testFolder } from '../test-folder.ts';
import { failWrites, replace } from './level-disk.ts';

t.test('after a failed write the database is closed and opened before it takes another', async (t) => {
  const database = await Database.open(testFolder(t), 'os');
  t.teardown(() => database.close());
  const put = { kind: 'put', key: Buffer.from('dkey'), value: Buffer.from('value') } as const;
  const mend = failWrites(t);
  await t.rejects(database.write([put]), { message: 'disk full' });
  mend();
  const calls: string[] = [];
  replace(t, 'open', (own) => {
    return function (this: Database['level'], ...args: never[]) {
      calls.push(`open while ${this.status}`);
      return own.apply(this, args);
    };
  });
  await database.write([put]);
  t.same(calls, ['open while closed']);
  t.equal(database.level.getSync(put.key)?.toString(), 'value');
  t.equal(database.ready(), undefined);
});

t.test('the count of agents is kept once per batch, and only where it changed', async (t) => {
  const database = await Database.open(testFolder(t), 'os');
  t.teardown(() => database.close());
  const count = (by: 1 | -1) => ({ kind: 'count', by }) as const;
  await database.write([count(1), count(-1)]);
  t.equal(database.total, 0);
  t.equal(database.level.getSync(Buffer.from('m total')), undefined);
  await database.write([count(1), count(1), count(-1), count(1)]);
  t.equal(database.total, 2);
});

t.test('a database whose CURRENT is gone is refused, and its tables are left alone', async (t) => {
  const directory = testFolder(t, {});
  const first = await LevelStore.open({ directory, durability: 'fsync' });
  await (await first.open('chat/ada')).journal.snapshot(1, Buffer.from('kept'));
  await first.close();
  await (await LevelStore.open({ directory, durability: 'fsync' })).close();
  const current = readFileSync(join(directory, 'CURRENT'));
  unlinkSync(join(directory, 'CURRENT'));
  await t.rejects(LevelStore.open({ directory, durability: 'fsync' }), {
    code: 'ERR_DROWSE_STORE_FAILED',
    message: /CURRENT is missing/,
  });
  writeFileSync(join(directory, 'CURRENT'), current);
  const again = await LevelStore.open({ directory, durability: 'fsync' });
  t.teardown(() => again.close());
  t.equal(again.total, 1);
  t.ok(await again.read('chat/ada'));
});

t.test('what a process leaves that was killed as it made a database is no database: another is made', async (t) => {
  const directory = testFolder(t, {
    'MANIFEST-000001': 'the first',
    '000001.dbtmp': 'MANIFEST-000001',
    LOCK: '',
    LOG: '',
  });
  const store = await LevelStore.open({ directory, durability: 'fsync' });
  t.teardown(() => store.close());
  await (await store.open('chat/ada')).journal.snapshot(1, Buffer.from('kept'));
  t.ok(await store.read('chat/ada'));
});
