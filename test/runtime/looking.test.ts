import t from 'tap';
import { eventually } from '../eventually.ts';
import { fixture, openHeld, openHost } from '../host.ts';

t.test('inspect shows the committed state without waking the agent', async (t) => {
  const host = await openHost(t);
  await host.send('a', { do: 'note', what: 1 });
  await host.passivate('a');
  const info = await host.inspect('a', { state: true });
  t.match(info, {
    id: 'probe/a',
    type: 'probe',
    key: 'a',
    status: 'dormant',
    why: /asleep/,
    sequence: 1,
    awake: undefined,
    state: { notes: [1] },
  });
  t.ok(Math.abs(Number(info?.createdAt) - Date.now()) < 60_000);
  t.equal(host.stats().workers.threads, 0);
  t.notOk('state' in ((await host.inspect('a')) ?? {}), 'the state only if it is asked for');
  t.equal(await host.inspect('never'), undefined);
});

t.test('inspect says in words why an agent is not asleep', async (t) => {
  const host = await openHost(t);
  const running = host.send('a', { do: 'wait', ms: 200 });
  t.match((await host.inspect('a'))?.why, /loading its state; 1 message/);
  await eventually('the turn runs', async () => /a turn has been running/.test((await host.inspect('a'))?.why ?? ''));
  await running;
  const idle = await host.inspect('a');
  t.match(idle?.why, /idle for \d+ of 1800000 ms/);
  t.match(idle?.awake, { waiting: 0, turnForMs: undefined, crashes: 0 });
  t.ok(Number(idle?.awake?.heartbeatAgeMs) >= 0);
  t.ok(Number(idle?.awake?.memory?.heapUsedMb) > 0);
});

t.test('the heartbeat goes on while an agent waits for something', async (t) => {
  const host = await openHost(t, { heartbeatIntervalMs: 10 });
  const running = host.send('a', { do: 'wait', ms: 300 });
  await eventually('the turn is older than the last beat', async () => {
    const { turnForMs = 0, heartbeatAgeMs = 0 } = (await host.inspect('a'))?.awake ?? {};
    return turnForMs > 100 && heartbeatAgeMs < turnForMs;
  });
  await running;
});

t.test('an agent counts as one that exists once its first turn is stored, and no sooner', async (t) => {
  const { host, disk } = await openHeld(t);
  const agents = ({ total, active, inactive, warming } = host.stats().agents) => ({ total, active, inactive, warming });
  const noted = host.send('a', { do: 'note', what: 1 });
  await eventually('its turn waits for the disk', () => disk.waiting > 0);
  t.same(agents(), { total: 0, active: 0, inactive: 0, warming: 1 });
  disk.release();
  await noted;
  t.same(agents(), { total: 1, active: 1, inactive: 0, warming: 0 });
  await host.passivate('a');
  t.same(agents(), { total: 1, active: 0, inactive: 1, warming: 0 });
});

t.test('list goes through the agents in the order of their ids, by type and by page', async (t) => {
  const host = await openHost(t, { agents: { probe: fixture('probe'), sleepy: fixture('sleepy') } });
  for (const id of ['sleepy/z', 'probe/b', 'probe/a', 'sleepy/y', 'probe/c']) await host.send(id, { do: 'nothing' });
  await host.passivate('probe/b');
  const ids = async (query?: { type?: string; after?: string; limit?: number }) => {
    const found: string[] = [];
    for await (const { id } of host.list(query)) found.push(id);
    return found;
  };
  t.same(await ids(), ['probe/a', 'probe/b', 'probe/c', 'sleepy/y', 'sleepy/z']);
  t.same(await ids({ type: 'sleepy' }), ['sleepy/y', 'sleepy/z']);
  t.same(await ids({ limit: 2 }), ['probe/a', 'probe/b']);
  t.same(await ids({ type: 'probe', after: 'probe/b', limit: 2 }), ['probe/c']);
  await t.rejects(ids({ type: 'prob' }), { code: 'ERR_DROWSE_UNKNOWN_TYPE' });
  const statuses: string[] = [];
  for await (const { status } of host.list({ type: 'probe' })) statuses.push(status);
  t.same(statuses, ['active', 'dormant', 'active']);
});

t.test('stats add up', async (t) => {
  const host = await openHost(t);
  for (const id of ['a', 'b', 'c']) await host.send(id, { do: 'nothing' });
  await t.rejects(host.send('a', { do: 'throw' }));
  await host.passivate('b');
  const stats = host.stats();
  t.match(stats, {
    agents: { total: 3, active: 2, inactive: 1, warming: 0 },
    workers: { starting: 0, active: 2, stopping: 0, backoff: 0, zombies: 0, threads: 2 },
    turns: { committed: 3, failed: 1, cancelled: 0 },
    crashes: 0,
    mailbox: { waiting: 0 },
  });
  t.ok(stats.latency.p50 > 0 && stats.latency.p50 <= stats.latency.max);
  t.ok(stats.memory.rss > 0);
});

for (const isolation of ['thread', 'process'] as const) {
  t.test(`figures say where memory is: of the host, and of an agent in a ${isolation}`, async (t) => {
    const host = await openHost(t, { agents: { probe: { module: fixture('probe'), isolation } } });
    const before = await host.memory();
    await host.send('a', { do: 'grow', bytes: 20_000_000 });
    const after = await host.memory();
    const held = isolation === 'thread' ? after.external - before.external : after.processes.rss;
    t.ok(held > 20_000_000, `${held} bytes`);
    t.equal(after.processes.count, isolation === 'process' ? 1 : 0);
    t.ok(after.heaps.physical >= after.heaps.used && after.rss > after.heaps.used);
    if (process.platform === 'linux') t.ok((after.anonymous ?? 0) <= after.rss && (after.pss ?? 0) <= after.rss);
    const awake = (await host.inspect('a'))?.awake;
    t.ok((awake?.cpuMs ?? 0) > 0, `${awake?.cpuMs} ms`);
    t.ok((awake?.memory?.heapUsedMb ?? 0) + (awake?.memory?.externalMb ?? 0) > 20);
    const { memory } = host.stats();
    t.ok(memory.target < memory.limit && memory.used > 0 && !memory.pressed);
    t.ok(Array.isArray(memory.obstacles));
  });
}
