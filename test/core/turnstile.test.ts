import t from 'tap';
import { Turnstile } from '../../core/turnstile.ts';

t.test('as many as fit go in at once; the others follow in their order as those leave', async (t) => {
  const turnstile = new Turnstile(2);
  t.equal(turnstile.enter(), undefined);
  t.equal(turnstile.enter(), undefined);
  const inside: string[] = [];
  const third = turnstile.enter()?.then(() => inside.push('third'));
  const fourth = turnstile.enter()?.then(() => inside.push('fourth'));
  t.equal(turnstile.waiting, 2);
  turnstile.leave();
  await third;
  t.same(inside, ['third']);
  turnstile.leave();
  await fourth;
  t.same(inside, ['third', 'fourth']);
  turnstile.leave();
  turnstile.leave();
  t.equal(turnstile.enter(), undefined);
});

t.test('once it is open nobody waits', async (t) => {
  const turnstile = new Turnstile(1);
  turnstile.enter();
  const waiting = turnstile.enter();
  turnstile.open();
  await waiting;
  t.equal(turnstile.enter(), undefined);
});
