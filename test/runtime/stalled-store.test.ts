import { once } from 'node:events';
import t from 'tap';
import { openHost } from '../host.ts';
import { HeldDisk } from './held-disk.ts';

t.test('a write that does not return is told as an event, and what waits for it goes on once it does', async (t) => {
  const store = new HeldDisk();
  const host = await openHost(t, { store, storeStallMs: 20 });
  await host.warm('probe/a');
  store.hold();
  const sent = host.send('probe/a', { do: 'note', what: 1 });
  const [{ forMs }] = (await once(host, 'storeStalled')) as [{ forMs: number }];
  t.ok(forMs >= 20);
  store.release();
  t.equal(await sent, 1);
});
