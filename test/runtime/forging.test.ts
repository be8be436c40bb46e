import t from 'tap';
import { fixture, openHost } from '../host.ts';

t.test('frames that an agent forges change nothing', async (t) => {
  const module = fixture('forger');
  const host = await openHost(t, { agents: { thread: module, process: { module, isolation: 'process' } } });
  for (const id of ['thread/a', 'process/a']) {
    for (const count of [1, 2, 3]) {
      t.same(await host.send(id, {}), { count, stolen: 0, workerData: [], listeners: 0, parent: false });
    }
    await host.passivate(id);
    t.match(await host.inspect(id, { state: true }), { state: { count: 3 }, sequence: 3 });
  }
  t.equal(host.stats().crashes, 0);
});
