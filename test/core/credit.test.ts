import t from 'tap';
import { Credit, Receipts } from '../../core/credit.ts';

t.test('a source waits once so many chunks are unread, and goes on when some are read', async (t) => {
  const credit = new Credit();
  for (let i = 0; i < 63; i += 1) credit.spend(1);
  t.equal(credit.room, undefined);
  credit.spend(1);
  const { room } = credit;
  t.ok(room);
  credit.read(1);
  await room;
  t.equal(credit.room, undefined);
});

t.test('it waits once so many bytes are unread, and for a single chunk of more', async (t) => {
  const credit = new Credit();
  credit.spend(2 ** 21);
  const { room } = credit;
  t.ok(room);
  credit.read(1);
  await room;
  for (let i = 0; i < 4; i += 1) credit.spend(2 ** 18);
  t.ok(credit.room);
  credit.read(1);
  t.equal(credit.room, undefined);
});

t.test('one that is stopped waits for nobody', async (t) => {
  const credit = new Credit();
  credit.spend(2 ** 21);
  const { room } = credit;
  credit.stop();
  await room;
  t.equal(credit.room, undefined);
});

t.test('a source that waits is always told of enough to go on', (t) => {
  for (const bytes of [1, 20_000, 100_000, 300_000, 2 ** 20, 2 ** 22]) {
    const credit = new Credit();
    const receipts = new Receipts((count) => credit.read(count));
    for (let round = 0; round < 1_000; round += 1) {
      let unread = 0;
      for (; credit.room === undefined; unread += 1) credit.spend(bytes);
      for (; unread > 0; unread -= 1) receipts.add(bytes);
      if (credit.room !== undefined) t.fail(`with chunks of ${bytes} bytes it waits for ever`);
    }
  }
  t.end();
});
