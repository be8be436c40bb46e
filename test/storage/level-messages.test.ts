import t from 'tap';
import { sealNumber } from '../../storage/envelope.ts';
import { alarmIndexKey, namedKey, notesKey, numberedKey, purgeKey } from '../../storage/keys.ts';
import type { LevelStore } from '../../storage/level-store.ts';
import { bytes, create } from './contract.ts';
import { failWrites, flip, keysOf, levelStore, onDisk, replace } from './level-disk.ts';
import { collect, note, readable, stepsFor } from './steps.ts';

const ADA = 'chat/ada';
const BOB = 'chat/bob';
const MESSAGES = ['i', 'k', 'l', 'o', 'w', 'x'];

async function setUp(t: Parameters<typeof levelStore>[0]) {
  const under = await levelStore(t);
  return { ...under, messages: under.store.messages, ...stepsFor(under.store.messages) };
}

t.test('what a delete left of messages is cleared, and what a namesake has set anew is not', async (t) => {
  const { directory, store, messages, swept, reopen, tell, alarm, answer, bury } = await setUp(t);
  const many = Array.from({ length: 700 }, (_, n) => [tell(ADA, `${n}`), answer(ADA, `${n}`), alarm(ADA, `${n}`, n)]);
  await messages.write([...many.flat(), bury(ADA), note(ADA, 1), alarm(ADA, 'early', 9)]);
  const deleted = store.delete(ADA);
  const anew = messages.write([
    tell(ADA, 'new'),
    alarm(ADA, '3', 3),
    answer(ADA, '3', 5),
    tell('chat/adah', 'neighbour'),
  ]);
  await Promise.all([deleted, anew]);
  await messages.write([alarm(ADA, 'early', 5)]);
  await swept();
  await store.close();
  const left: number[] = [];
  for (const start of MESSAGES) left.push((await keysOf(directory, start)).length);
  t.same(left, [2, 1, 2, 1, 2, 0]);
  const again = await reopen();
  t.match(await again.messages.pending(ADA), { messages: [{}], notes: [], alarms: [{ name: '3' }, { name: 'early' }] });
  t.same(
    (await collect(again.messages.due(0, 9))).map(({ name }) => name),
    ['3', 'early'],
  );
});

t.test('an alarm that a namesake sets before the sweep leaves nothing of the old one in the index', async (t) => {
  const { directory, store, messages, swept, alarm } = await setUp(t);
  await messages.write([alarm(ADA, 'moved', 10), alarm(ADA, 'gone', 20)]);
  await store.delete(ADA);
  await messages.write([alarm(ADA, 'moved', 30), alarm(ADA, 'gone', 40)]);
  await messages.write([{ kind: 'unalarm', agentId: ADA, name: 'gone', was: 40 }]);
  await swept();
  await store.close();
  t.same(await keysOf(directory, 'l'), [alarmIndexKey(30, ADA, 'moved').toString('latin1')]);
});

t.test('a purge that was cut off is resumed when the store is opened', async (t) => {
  const { directory, store, messages, swept, reopen, tell, alarm } = await setUp(t);
  await messages.write([tell(ADA, 'old'), alarm(ADA, 'daily', 1)]);
  const mend = replace(t, 'iterator', (own) => {
    return function (this: unknown, options: { limit?: number }) {
      if (options.limit === 500) throw new Error('the sweep is cut off');
      return own.apply(this, [options] as never[]);
    };
  });
  await store.delete(ADA);
  await messages.write([tell(ADA, 'new')]);
  await store.close();
  mend();
  t.same([await keysOf(directory, 'u'), (await keysOf(directory, 'i')).length], [[`u${ADA}`], 2]);
  const again = await reopen();
  const check = async () => t.same(await told(again, ADA), ['new']);
  await check();
  await swept();
  await check();
  await again.close();
  t.equal((await keysOf(directory, 'i')).length, 1);
});

t.test('entries of the index that no alarm bears out are passed over', async (t) => {
  const { directory, store, messages, reopen, alarm } = await setUp(t);
  await messages.write([alarm(ADA, 'daily', 10)]);
  await store.close();
  await onDisk(directory, async (disk) => {
    await disk.put(alarmIndexKey(5, ADA, 'daily'), sealNumber(1));
    await disk.put(alarmIndexKey(6, ADA, 'gone'), sealNumber(1));
    await disk.put(Buffer.from('l with no NUL'), sealNumber(1));
  });
  const again = await reopen();
  const due = await collect(again.messages.due(0, Number.POSITIVE_INFINITY));
  t.same(due, [{ at: 10, agentId: ADA, name: 'daily' }]);
});

t.test('damage is confined to its agent', async (t) => {
  const cases = {
    'a message': numberedKey('inbox', ADA, 1),
    notes: notesKey(ADA, 1),
    'an alarm': namedKey('alarms', ADA, 'daily'),
    'the mark of what was deleted': purgeKey(ADA),
  };
  for (const [what, key] of Object.entries(cases)) {
    t.test(what, async (t) => {
      const { directory, store, messages, reopen, tell, alarm, bury } = await setUp(t);
      await messages.write([tell(ADA, 'hello'), note(ADA, 1), alarm(ADA, 'daily', 1)]);
      await messages.write([tell(BOB, 'hello'), alarm(BOB, 'daily', 2), bury(ADA), bury(BOB)]);
      await store.close();
      await onDisk(directory, (disk) => disk.put(purgeKey(ADA), sealNumber(1)));
      await flip(directory, key);
      const again = await reopen();
      const corrupt = { code: 'ERR_DROWSE_CORRUPT_STATE', agentId: ADA };
      await t.rejects(again.messages.pending(ADA), corrupt);
      await t.rejects(again.open(ADA), corrupt);
      t.same(await told(again, BOB), ['hello']);
      t.same(await collect(again.messages.waiting()), [ADA, BOB]);
      t.same(
        (await collect(again.messages.due(0, 9))).map(({ agentId }) => agentId),
        [ADA, BOB],
      );
      t.equal((await collect(again.messages.letters())).length, 2);
      await again.messages.purge({ answers: 1, perAgent: 1, letters: 1 });
      await again.delete(ADA);
      t.same(await told(again, ADA), [], 'and a delete ends it');
    });
  }
});

t.test('a damaged answer or dead letter is told as it is read, and the agent goes on', async (t) => {
  const { directory, store, messages, reopen, answer, bury } = await setUp(t);
  await create(store, ADA, 'born');
  await messages.write([answer(ADA, 'key'), bury(ADA), answer(ADA, 'other')]);
  await store.close();
  await flip(directory, namedKey('answers', ADA, 'key'));
  await flip(directory, numberedKey('letters', ADA, 2));
  await flip(directory, numberedKey('order', ADA, 3));
  const again = await reopen();
  const corrupt = { code: 'ERR_DROWSE_CORRUPT_STATE', agentId: ADA };
  t.throws(() => again.messages.answer(ADA, 'key'), corrupt);
  t.equal(readable(again.messages.answer(ADA, 'other')?.reply), 'reply');
  await t.rejects(again.messages.letter(ADA, 2), corrupt);
  await t.rejects(collect(again.messages.letters()), corrupt);
  await (await again.open(ADA)).journal.append(bytes('two'));
  await again.messages.purge({ answers: 2 ** 47, perAgent: 0, letters: 2 ** 47 });
  t.equal(again.messages.answer(ADA, 'key'), undefined, 'purged like any other');
});

t.test('after a failed write no answer is read before the database is opened again', async (t) => {
  const { store, messages, answer } = await setUp(t);
  const mend = failWrites(t, 'written');
  await t.rejects(messages.write([answer(ADA, 'key')]), { code: 'ERR_DROWSE_STORE_FAILED' });
  mend();
  t.throws(() => messages.answer(ADA, 'key'), { code: 'ERR_DROWSE_STORE_FAILED', retryable: true });
  await messages.pending(ADA);
  t.equal(readable(messages.answer(ADA, 'key')?.reply), 'reply', 'and that it asked for itself');
  await store.close();
});

async function told({ messages }: LevelStore, agentId: string): Promise<string[]> {
  return (await messages.pending(agentId)).messages.map(({ body }) => readable(body));
}
