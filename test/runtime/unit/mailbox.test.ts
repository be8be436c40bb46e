import t from 'tap';
import { Delivery } from '../../../runtime/messages/delivery.ts';
import { Mailbox } from '../../../runtime/messages/mailbox.ts';
import { Random } from '../../random.ts';

const delivery = () => new Delivery(new Uint8Array(), { number: 0, sentAt: 0 });

t.test('it behaves as an array does, whatever is pushed, shifted, put back, withdrawn and drained', async (t) => {
  const random = new Random(1);
  const mailbox = new Mailbox();
  let model: Delivery[] = [];
  const taken: Delivery[] = [];
  for (let step = 0; step < 5_000; step += 1) {
    const choice = random.below(100);
    if (choice < 50) {
      const added = delivery();
      mailbox.push(added);
      model.push(added);
    } else if (choice < 80) {
      const first = mailbox.shift();
      if (first !== model.shift()) t.fail(`step ${step}: another was shifted`);
      if (first) taken.push(first);
    } else if (choice < 88) {
      const back = taken.splice(-random.below(4) - 1);
      mailbox.unshift(back);
      model.unshift(...back);
    } else if (choice < 99) {
      const candidate = random.pick([...model, ...taken.slice(-3), delivery()]);
      const waits = model.includes(candidate);
      if (mailbox.withdraw(candidate) !== waits) t.fail(`step ${step}: withdraw did not say ${waits}`);
      model = model.filter((other) => other !== candidate);
    } else if (random.below(10) === 0) {
      const all = mailbox.drain();
      if (all.length !== model.length || all.some((one, i) => one !== model[i])) t.fail(`step ${step}: drain differs`);
      model = [];
    }
    if (mailbox.size !== model.length) t.fail(`step ${step}: size ${mailbox.size}, not ${model.length}`);
  }
  t.ok(model.length > 10, 'messages wait at the end');
  t.ok(mailbox.drain().every((one, i) => one === model[i]));
});

t.test('an empty mailbox has nothing to give', async (t) => {
  const mailbox = new Mailbox();
  t.equal(mailbox.size, 0);
  t.equal(mailbox.shift(), undefined);
  t.equal(mailbox.withdraw(delivery()), false);
  t.strictSame(mailbox.drain(), []);
});
