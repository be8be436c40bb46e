import t from 'tap';
import { Claim, type Claims } from '../../storage/claim.ts';

t.test('the newest claim holds the agent, and releasing an older one changes nothing', async (t) => {
  const claims: Claims = new Map();
  const older = new Claim(claims, 'chat/ada');
  t.equal(older.held, true);
  const newer = new Claim(claims, 'chat/ada');
  t.same([older.held, newer.held], [false, true]);
  older.release();
  t.equal(newer.held, true);
  newer.release();
  t.equal(newer.held, false);
  t.equal(claims.size, 0, 'nothing is kept of an agent that nobody holds');
});

t.test('a newer claim waits for the work of all older ones, whatever comes of it', async (t) => {
  const claims: Claims = new Map();
  const work = Promise.withResolvers<void>();
  const first = new Claim(claims, 'chat/ada');
  first.track(work.promise);
  first.release();
  t.equal(first.held, false);
  t.equal(claims.size, 1, 'kept while work is under way');
  const second = new Claim(claims, 'chat/ada');
  const third = new Claim(claims, 'chat/ada');
  let over = false;
  const settled = Promise.all([second.settled(), third.settled()]).then(() => {
    over = true;
  });
  third.release();
  t.equal(over, false);
  work.reject(new Error('disk full'));
  await settled;
  await third.settled();
  t.equal(claims.size, 0);
});
