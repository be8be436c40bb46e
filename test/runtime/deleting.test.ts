import t from 'tap';
import { openHost } from '../host.ts';

t.test('delete removes an agent, asleep or awake; the next message starts a new one', async (t) => {
  const host = await openHost(t);
  for (const asleep of [true, false]) {
    await host.send('a', { do: 'note', what: 'old' });
    if (asleep) await host.passivate('a');
    t.equal(await host.delete('a'), true);
    t.equal(await host.inspect('a'), undefined);
    t.equal(host.stats().agents.total, 0);
    t.equal(host.stats().workers.threads, 0);
    t.equal(await host.delete('a'), false);
  }
  t.same(await host.send('a', { do: 'notes' }), []);
});

t.test('messages waiting or running are told of the delete; later ones see nothing old', async (t) => {
  const host = await openHost(t);
  await host.send('a', { do: 'note', what: 'old' });
  const before = [host.send('a', { do: 'wait', ms: 60_000 }), host.send('a', { do: 'note', what: 'waiting' })];
  const deleted = host.delete('a');
  const after = host.send('a', { do: 'note', what: 'new' });
  for (const sent of before) await t.rejects(sent, { code: 'ERR_DROWSE_ABORTED', message: /deleted/ });
  t.equal(await deleted, true);
  t.equal(await after, 1);
  t.same(await host.send('a', { do: 'notes' }), ['new']);
});

t.test('two deletes at once are one, and a delete during a start or a sleep is safe', async (t) => {
  const host = await openHost(t);
  await host.send('a', { do: 'note', what: 'old' });
  t.same(await Promise.all([host.delete('a'), host.delete('a')]), [true, true]);

  await host.send('a', { do: 'note', what: 'old' });
  await host.passivate('a');
  const starting = host.send('a', { do: 'nothing' });
  const deletedStarting = host.delete('a');
  await t.rejects(starting, { code: 'ERR_DROWSE_ABORTED' });
  t.equal(await deletedStarting, true);

  await host.send('a', { do: 'note', what: 'old' });
  const [asleep, deleted] = await Promise.all([host.passivate('a'), host.delete('a')]);
  t.same([asleep, deleted], [true, true]);
  t.equal(await host.inspect('a'), undefined);
});

t.test('a delete is told as an event', async (t) => {
  const host = await openHost(t);
  const told: string[] = [];
  host.on('deleted', ({ agentId }) => told.push(agentId));
  await host.send('a', { do: 'nothing' });
  await host.delete('a');
  await host.delete('a');
  t.same(told, ['probe/a']);
});
