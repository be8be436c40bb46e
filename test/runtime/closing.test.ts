import t from 'tap';
import { Supervisor } from '../../runtime/index.ts';
import { fixture, openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';

t.test('close lets turns in flight and messages waiting finish, and takes no new ones', async (t) => {
  const host = await openHost(t);
  const running = host.send('probe/a', { do: 'wait', ms: 50 });
  const waiting = host.send('probe/a', { do: 'note', what: 1 });
  const closed = host.close();
  await t.rejects(host.send('probe/a', { do: 'nothing' }), { code: 'ERR_DROWSE_CLOSED' });
  await t.rejects(host.warm('probe/a'), { code: 'ERR_DROWSE_CLOSED' });
  await t.rejects(host.inspect('probe/a'), { code: 'ERR_DROWSE_CLOSED' });
  t.equal(await running, 'waited');
  t.equal(await waiting, 1);
  await closed;
  t.equal(host.stats().workers.threads, 0);
  await host.close();
});

t.test('a message behind a sleep, a delete or an ended turn is served before the host is closed', async (t) => {
  const host = await openHost(t, { abortGraceMs: 10 });
  await Promise.all(['a', 'b', 'c'].map((id) => host.send(id, { do: 'note', what: 0 })));
  const before = [
    host.passivate('a'),
    host.delete('b'),
    t.rejects(host.send('c', { do: 'ignoreAbort' }, { timeoutMs: 10 }), { code: 'ERR_DROWSE_TIMEOUT' }),
  ];
  const behind = ['a', 'b', 'c'].map((id) => host.send(id, { do: 'note', what: 1 }));
  await host.close();
  t.same(await Promise.all(behind), [2, 1, 2]);
  await Promise.all(before);
});

t.test('what does not finish in time is cancelled and told so', async (t) => {
  const host = await openHost(t, { abortGraceMs: 50 });
  const heeding = host.send('probe/a', { do: 'waitForAbort' });
  const behind = host.send('probe/a', { do: 'note', what: 1 });
  const ignoring = host.send('probe/b', { do: 'ignoreAbort' });
  await Promise.all([host.warm('probe/a'), host.warm('probe/b')]);
  const told = [heeding, behind, ignoring].map((sent) => t.rejects(sent, { code: 'ERR_DROWSE_CLOSED' }));
  await host.close({ drainMs: 20 });
  await Promise.all(told);
  t.equal(host.stats().workers.threads, 0);
});

t.test('close ends an agent that never finishes starting', async (t) => {
  const host = await openHost(t, { agents: { endless: fixture('endless') }, abortGraceMs: 20 });
  const sent = host.send('a', 1);
  const told = t.rejects(sent, { code: 'ERR_DROWSE_CLOSED' });
  await host.close({ drainMs: 20 });
  await told;
});

t.test('await using closes at the end of the block', async (t) => {
  const directory = `${testFolder(t)}/data`;
  const open = () => Supervisor.open({ directory, agents: { probe: fixture('probe') } });
  {
    await using host = await open();
    await host.send('a', { do: 'note', what: 1 });
  }
  await using again = await open();
  t.same(await again.send('a', { do: 'notes' }), [1]);
});
