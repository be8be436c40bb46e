import t from 'tap';
import { fixture, openHost } from '../host.ts';

for (const isolation of ['thread', 'process'] as const) {
  t.test(`frames that an agent in a ${isolation} forges change nothing`, async (t) => {
    const host = await openHost(t, { agents: { forger: { module: fixture('forger'), isolation } } });
    for (const count of [1, 2, 3]) {
      t.same(await host.send('a', {}), { count, stolen: 0, workerData: [], listeners: 0 });
    }
    await host.passivate('a');
    t.match(await host.inspect('a', { state: true }), { state: { count: 3 }, sequence: 3 });
    t.equal(host.stats().crashes, 0);
  });
}
