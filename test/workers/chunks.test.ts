import t from 'tap';
import { Chunks, isGenerator } from '../../workers/chunks.ts';

t.test('an iterator that cannot be ended early is run to its end, as a generator is', async (t) => {
  const left = [1, 2];
  const iterator = {
    [Symbol.asyncIterator]: () => iterator,
    next: async () => (left.length > 0 ? { done: false, value: left.shift() } : { done: true, value: 'the reply' }),
  } as AsyncIterator<unknown, unknown, undefined>;
  t.ok(isGenerator(iterator));
  const posted: unknown[] = [];
  const chunks = new Chunks({ post: (chunk) => posted.push(chunk), check() {}, isCancelled: () => false });
  t.equal(await chunks.drain(iterator), 'the reply');
  t.same(posted, ['1', '2']);
});
