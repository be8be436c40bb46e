import t from 'tap';
import { type Deadline, Deadlines } from '../../core/deadlines.ts';
import { Random } from '../random.ts';

t.test('it behaves as a sorted list does, whatever is added, cancelled and fired', async (t) => {
  const random = new Random(1);
  const deadlines = new Deadlines();
  let model: Deadline[] = [];
  let fired: Deadline[] = [];
  const all: Deadline[] = [];
  for (let step = 0; step < 5_000; step += 1) {
    const choice = random.below(10);
    if (choice < 6) {
      const deadline: Deadline = deadlines.add(random.below(1_000), () => fired.push(deadline));
      model.push(deadline);
      all.push(deadline);
    } else if (choice < 9 && all.length > 0) {
      const deadline = random.pick(all);
      deadlines.cancel(deadline);
      model = model.filter((other) => other !== deadline);
    } else {
      const now = random.below(200);
      fired = [];
      deadlines.fire(now);
      const expected = model.filter(({ at }) => at <= now);
      model = model.filter(({ at }) => at > now);
      if (fired.some((deadline, i) => i > 0 && deadline.at < (fired[i - 1] as Deadline).at)) t.fail('out of order');
      if (new Set(fired).symmetricDifference(new Set(expected)).size > 0 || fired.length !== expected.length)
        t.fail(`step ${step} fired others than expected`);
    }
    if (deadlines.size !== model.length) t.fail(`step ${step}: size ${deadlines.size}, not ${model.length}`);
    const first = model.length === 0 ? undefined : Math.min(...model.map(({ at }) => at));
    if (deadlines.next !== first) t.fail(`step ${step}: next is ${deadlines.next}, not ${first}`);
  }
  t.ok(model.length > 100, 'many are left');
});

t.test('one that was cancelled, or has come due, can be cancelled again', async (t) => {
  const deadlines = new Deadlines();
  const calls: string[] = [];
  const a = deadlines.add(1, () => calls.push('a'));
  const b = deadlines.add(2, () => calls.push('b'));
  deadlines.cancel(a);
  deadlines.cancel(a);
  deadlines.fire(5);
  deadlines.cancel(b);
  t.strictSame(calls, ['b']);
  t.equal(deadlines.size, 0);
});

t.test('one added while others come due waits for the next time, even if it is due', async (t) => {
  const deadlines = new Deadlines();
  const calls: string[] = [];
  deadlines.add(1, () => {
    calls.push('first');
    deadlines.add(0, () => calls.push('added'));
  });
  deadlines.fire(1);
  t.strictSame(calls, ['first']);
  deadlines.fire(1);
  t.strictSame(calls, ['first', 'added']);
});

t.test('one added while others come due does not hold them up', async (t) => {
  const deadlines = new Deadlines();
  const calls: string[] = [];
  deadlines.add(1, () => deadlines.add(0, () => calls.push('added')));
  deadlines.add(2, () => calls.push('second'));
  deadlines.add(3, () => calls.push('third'));
  deadlines.fire(3);
  t.strictSame(calls, ['second', 'third']);
});

t.test('one that is cancelled by another that comes due with it is not called', async (t) => {
  const deadlines = new Deadlines();
  const calls: string[] = [];
  deadlines.add(1, () => deadlines.cancel(second));
  const second = deadlines.add(2, () => calls.push('second'));
  deadlines.fire(2);
  t.strictSame(calls, []);
});

t.test('clear takes all of them back', async (t) => {
  const deadlines = new Deadlines();
  const one = deadlines.add(1, () => t.fail('it was cleared'));
  deadlines.add(2, () => t.fail('it was cleared'));
  deadlines.clear();
  deadlines.cancel(one);
  deadlines.fire(5);
  t.equal(deadlines.size, 0);
  t.equal(deadlines.next, undefined);
});
