import t from 'tap';
import { encode } from '../../../core/codec.ts';
import { Delivery, readReply } from '../../../runtime/messages/delivery.ts';

const message = () => new Delivery(encode('message', 'message'), { number: 0, sentAt: 5 });

t.test('a reply that comes first wins over every error after it', async (t) => {
  const delivery = message();
  delivery.resolve(encode({ n: 1 }, 'reply'));
  delivery.reject(new Error('too late'));
  delivery.resolve(encode('later', 'reply'));
  t.strictSame(readReply(await delivery.reply), { n: 1 });
});

t.test('an error that comes first wins over every reply after it', async (t) => {
  const delivery = message();
  delivery.reject(new Error('first'));
  delivery.resolve(encode(1, 'reply'));
  delivery.reject(new Error('second'));
  await t.rejects(delivery.reply, { message: 'first' });
});

t.test('everyone who asked is told once, whatever the outcome', async (t) => {
  for (const settle of [
    (delivery: Delivery) => delivery.resolve(encode(1, 'reply')),
    (delivery: Delivery) => delivery.reject(new Error('x')),
  ]) {
    const delivery = message();
    delivery.reply.catch(() => {});
    const told: string[] = [];
    delivery.onSettled(() => told.push(`a ${delivery.settled}`));
    delivery.onSettled(() => told.push('b'));
    t.equal(delivery.settled, false);
    t.strictSame(told, []);
    settle(delivery);
    settle(delivery);
    t.equal(delivery.settled, true);
    t.strictSame(told, ['a true', 'b']);
  }
});

t.test('a reply that cannot be read is refused by its own code', async (t) => {
  t.throws(() => readReply(new Uint8Array([255, 255, 255])), { code: 'ERR_DROWSE_NOT_SERIALIZABLE' });
});
