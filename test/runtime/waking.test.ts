import t from 'tap';
import { openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';

t.test('a hundred concurrent sends to a sleeping agent start one worker', async (t) => {
  const host = await openHost(t);
  await host.send('probe/a', { do: 'note', what: 'first' });
  await host.passivate('probe/a');
  let starts = 0;
  host.on('activated', () => {
    starts += 1;
  });
  const sends = Array.from({ length: 100 }, (_, i) => host.send('probe/a', { do: 'note', what: i }));
  t.same(
    await Promise.all(sends),
    Array.from({ length: 100 }, (_, i) => i + 2),
  );
  t.equal(starts, 1);
  t.equal(host.stats().workers.threads, 1);
});

t.test('warm starts an agent ahead of use, and commits nothing', async (t) => {
  const host = await openHost(t);
  await Promise.all([host.warm('probe/a'), host.warm('probe/a')]);
  t.equal((await host.inspect('probe/a'))?.status, 'active');
  t.match(host.stats(), { agents: { total: 0, active: 0, warming: 1 }, workers: { threads: 1 } });
  await host.send('probe/a', { do: 'nothing' });
  t.match(host.stats(), { agents: { total: 1, active: 1, inactive: 0, warming: 0 } });
});

t.test('warm wakes an agent that is going to sleep, and is told when the agent is deleted instead', async (t) => {
  const host = await openHost(t);
  await host.send('probe/a', { do: 'note', what: 1 });
  const asleep = host.passivate('probe/a');
  await host.warm('probe/a');
  t.equal(await asleep, true);
  t.equal((await host.inspect('probe/a'))?.status, 'active');

  const warmed = t.rejects(host.warm('probe/b'), { code: 'ERR_DROWSE_ABORTED' });
  await host.delete('probe/b');
  await warmed;
  t.equal(host.stats().workers.threads, 1);
});

t.test('agents survive the host: another one on the same directory goes on where they were', async (t) => {
  const directory = `${testFolder(t)}/data`;
  const first = await openHost(t, { directory });
  for (const what of [1, 2, 3]) await first.send('probe/a', { do: 'note', what });
  await first.send('probe/b', { do: 'note', what: 'b' });
  await first.close();

  const second = await openHost(t, { directory });
  t.match(second.stats().agents, { total: 2, active: 0, inactive: 2 });
  t.same(await second.send('probe/a', { do: 'notes' }), [1, 2, 3]);
  t.same(await second.send('probe/b', { do: 'notes' }), ['b']);
});

t.test('a long history is rebuilt from snapshot and records alike', async (t) => {
  const host = await openHost(t);
  const what = 'x'.repeat(1_000);
  for (let round = 0; round < 3; round += 1) {
    await Promise.all(Array.from({ length: 50 }, () => host.send('probe/a', { do: 'note', what })));
    await host.passivate('probe/a');
  }
  t.equal((await host.send<unknown[]>('probe/a', { do: 'notes' })).length, 150);
});

t.test(
  'state of an older version is migrated on waking, stored with the next turn; a newer one is refused',
  async (t) => {
    const directory = `${testFolder(t)}/data`;
    const open = (version: string) =>
      openHost(t, {
        directory,
        agents: { versioned: new URL(`../fixtures/versioned-${version}.ts`, import.meta.url) },
      });
    const one = await open('one');
    t.same(await one.send('a', 'x'), { words: 'x' });
    await one.close();

    const three = await open('three');
    await three.warm('a');
    await three.passivate('a');
    t.same((await three.inspect('a', { state: true }))?.state, { words: 'x' }, 'waking alone stores nothing');
    t.same(await three.send('a', 'y'), { list: ['x', 'y'], steps: [2, 3] });
    await three.close();

    const back = await open('one');
    await t.rejects(back.send('a', 'z'), { code: 'ERR_DROWSE_MIGRATION_FAILED', message: /version 3/ });
    t.same((await back.inspect('a', { state: true }))?.state, { list: ['x', 'y'], steps: [2, 3] });
  },
);
