import t from 'tap';
import { figure, same } from '../../bench/scenario.ts';

t.test('a ratio is worked out where there is a yardstick, unless one is given', async (t) => {
  t.equal(figure({ name: 'a', unit: 'ms', value: 3, yardstick: 2 }).ratio, 1.5);
  t.equal(figure({ name: 'a', unit: 'ms', value: 3, yardstick: 2, ratio: 1.4 }).ratio, 1.4);
  t.notOk('ratio' in figure({ name: 'a', unit: 'ms', value: 3 }));
});

t.test('a limit bounds the ratio, or the value where there is none', async (t) => {
  const warm = { name: 'a', unit: 'µs', value: 300, yardstick: 150 };
  t.equal(figure({ ...warm, limit: { atMost: 2 } }).holds, true);
  t.equal(figure({ ...warm, limit: { atMost: 1.9 } }).holds, false);
  t.equal(figure({ ...warm, limit: { atLeast: 2.1 } }).holds, false);
  t.equal(figure({ name: 'a', unit: 'MiB', value: 300, limit: { atMost: 400 } }).holds, true);
  t.notOk('holds' in figure(warm));
});

t.test('an invariant that is broken says what was found and what should have been', async (t) => {
  t.same(same('sent = received', { count: 2 }, { count: 2 }), { name: 'sent = received', ok: true });
  t.same(same('sent = received', 1, 2), { name: 'sent = received', ok: false, detail: '1, not 2' });
  t.equal(same('state', undefined, { count: 2 }).ok, false);
});
