import t from 'tap';
import { pageOf, withNext } from '../../server/page.ts';

const ITEMS = ['a', 'b', 'c'].map((id) => ({ id }));

async function* list(items: Iterable<{ id: string }>) {
  yield* items;
}

t.test('a page tells whether there is more behind it, and what comes last', async (t) => {
  t.same(await pageOf(list(ITEMS), 2), { json: '[{"id":"a"},{"id":"b"}]', last: { id: 'b' }, more: true });
  t.same(await pageOf(list(ITEMS), 3), { json: '[{"id":"a"},{"id":"b"},{"id":"c"}]', last: { id: 'c' }, more: false });
  t.same(await pageOf(list([]), 3), { json: '[]', last: undefined, more: false });
});

t.test('next is the id of the last one, or null where nothing follows', async (t) => {
  t.same(JSON.parse(withNext('ones', await pageOf(list(ITEMS), 2))), { ones: ITEMS.slice(0, 2), next: 'b' });
  t.same(JSON.parse(withNext('ones', await pageOf(list(ITEMS), 9))), { ones: ITEMS, next: null });
});

t.test('a page ends early where what it holds is large, and holds one all the same', async (t) => {
  const large = ['a', 'b', 'c'].map((id) => ({ id, text: 'x'.repeat(9 * 1024 * 1024) }));
  const { last, more } = await pageOf(list(large), 3);
  t.same([last?.id, more], ['b', true]);
  const larger = ['a', 'b'].map((id) => ({ id, text: 'x'.repeat(20 * 1024 * 1024) }));
  t.match(await pageOf(list(larger), 3), { last: { id: 'a' }, more: true });
});
