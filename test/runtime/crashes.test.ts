import t from 'tap';
import { eventually } from '../eventually.ts';
import { agentWorkers, fixture, openHost } from '../host.ts';

const crashes = {
  exit: { do: 'exit', code: 3 },
  'an exit that claims success': { do: 'exit', code: 0 },
  'a throw outside the turn': { do: 'throwLater' },
  'an unhandled rejection': { do: 'reject' },
};

for (const [name, order] of Object.entries(crashes)) {
  t.test(`${name} rejects its own message, and the ones behind it are served in order`, async (t) => {
    const host = await openHost(t);
    await host.send('probe/a', { do: 'note', what: 'before' });
    const crashed = host.send('probe/a', order);
    const behind = [1, 2, 3].map((what) => host.send('probe/a', { do: 'note', what }));
    await t.rejects(crashed, { code: 'ERR_DROWSE_AGENT_CRASHED', agentId: 'probe/a', retryable: true });
    t.match(((await crashed.catch((e) => e)) as Error).cause, Error);
    t.same(await Promise.all(behind), [2, 3, 4]);
    t.same(await host.send('probe/a', { do: 'notes' }), ['before', 1, 2, 3]);
    t.equal(host.stats().crashes, 1);
  });
}

t.test('other agents notice nothing of a crash', async (t) => {
  const host = await openHost(t);
  const others = ['b', 'c', 'd'].map((key) => `probe/${key}`);
  await Promise.all(others.map((id) => host.warm(id)));
  const epochs = () => Promise.all(others.map(async (id) => (await host.inspect(id))?.awake?.epoch));
  const before = await epochs();
  const sends = others.map((id) =>
    Promise.all(Array.from({ length: 100 }, () => host.send(id, { do: 'note', what: 1 }))),
  );
  await t.rejects(host.send('probe/a', { do: 'exit', code: 1 }));
  await Promise.all(sends);
  t.same(await epochs(), before);
});

t.test('a crash with nothing waiting leaves the agent asleep', async (t) => {
  const host = await openHost(t);
  await t.rejects(host.send('probe/a', { do: 'exit', code: 1 }));
  await eventually('no worker is left', () => agentWorkers(host) === 0 && host.stats().workers.backoff === 0);
  t.equal((await host.inspect('probe/a'))?.status, undefined);
});

t.test('what an agent said before it crashed still counts', async (t) => {
  const host = await openHost(t);
  const noted = Array.from({ length: 20 }, (_, i) => host.send('probe/a', { do: 'note', what: i }));
  const crashed = host.send('probe/a', { do: 'exit', code: 1 });
  await t.rejects(crashed);
  t.same(
    await Promise.all(noted),
    Array.from({ length: 20 }, (_, i) => i + 1),
  );
});

t.test('running out of heap ends the agent alone, and says so', async (t) => {
  const host = await openHost(t);
  await host.warm('probe/b');
  await t.rejects(host.send('probe/a', { do: 'exhaust' }), { code: 'ERR_DROWSE_AGENT_OUT_OF_MEMORY' });
  t.equal(await host.send('probe/b', { do: 'note', what: 1 }), 1);
});

t.test('crashes are told as events, and so is the restart', async (t) => {
  const host = await openHost(t);
  const told: unknown[] = [];
  host.on('crashed', ({ agentId, cause }) => told.push(['crashed', agentId, cause.message]));
  host.on('restarted', ({ agentId, crashes }) => told.push(['restarted', agentId, crashes]));
  const crashed = host.send('probe/a', { do: 'exit', code: 4 });
  const behind = host.send('probe/a', { do: 'nothing' });
  await t.rejects(crashed);
  await behind;
  t.match(told, [
    ['crashed', 'probe/a', /exit code 4/],
    ['restarted', 'probe/a', 1],
  ]);
});

t.test('a crash while starting costs one message each time, and no more', async (t) => {
  const module = new URL('../fixtures/stillborn.ts', import.meta.url);
  const host = await openHost(t, { agents: { stillborn: module } });
  const sends = [1, 2, 3].map((n) => host.send('a', n));
  for (const sent of sends) await t.rejects(sent, { code: 'ERR_DROWSE_AGENT_CRASHED' });
  await t.rejects(host.warm('a'), { code: 'ERR_DROWSE_AGENT_CRASHED' });
});

t.test('a listener that throws changes nothing', async (t) => {
  const host = await openHost(t);
  host.on('activated', () => {
    throw new Error('in a listener');
  });
  t.equal(await host.send('probe/a', { do: 'note', what: 1 }), 1);
});

t.test('an agent that never finishes starting is ended, and whoever waits is told', async (t) => {
  const host = await openHost(t, { agents: { endless: fixture('endless') }, startTimeoutMs: 50 });
  await t.rejects(host.send('a', 1), { code: 'ERR_DROWSE_AGENT_CRASHED', message: /startTimeoutMs/ });
  await t.rejects(host.warm('a'), { code: 'ERR_DROWSE_AGENT_CRASHED' });
  await eventually('no worker is left', () => agentWorkers(host) === 0);
});

t.test('a listener may delete, passivate or message the agent that an event is about', async (t) => {
  const host = await openHost(t);
  host.on('crashed', ({ agentId }) => void host.delete(agentId));
  host.on('crashed', ({ agentId }) => void host.passivate(agentId));
  host.on('deleted', ({ agentId }) => void host.delete(agentId));
  const crashed = host.send('a', { do: 'exit', code: 1 });
  const behind = host.send('a', { do: 'nothing' }).catch((error) => error.code);
  await t.rejects(crashed);
  t.match(await behind, /ABORTED|undefined/);
  t.equal(await host.send('a', { do: 'note', what: 1 }), 1);
});

t.test('an error with properties nested too deeply for the host reaches the caller without them', async (t) => {
  const host = await openHost(t);
  await t.rejects(host.send('a', { do: 'throwNested', depth: 9_000 }), { message: 'nested' });
  await t.rejects(host.send('a', { do: 'throwNestedLater', depth: 9_000 }), { code: 'ERR_DROWSE_AGENT_CRASHED' });
  t.equal(await host.send('a', { do: 'note', what: 1 }), 1);
});
