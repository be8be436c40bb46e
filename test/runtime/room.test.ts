import { randomUUID } from 'node:crypto';
import { BroadcastChannel } from 'node:worker_threads';
import t, { type Test } from 'tap';
import type { Supervisor, SupervisorOptions } from '../../runtime/index.ts';
import { eventually } from '../eventually.ts';
import { fixture, openHost } from '../host.ts';

const OVERLOADED = { code: 'ERR_DROWSE_OVERLOADED', retryable: true };
const COUNT = { do: 'count' };

interface Hosted {
  readonly host: Supervisor;
  /** Who went to sleep, and why. */
  readonly slept: string[];
  /** The most that were awake at a time. */
  readonly most: () => number;
}

async function open(t: Test, options: Partial<SupervisorOptions>): Promise<Hosted> {
  const host = await openHost(t, { agents: { wakeful: fixture('wakeful') }, ...options });
  const slept: string[] = [];
  let most = 0;
  host.on('passivated', ({ agentId, reason }) => slept.push(`${agentId} ${reason}`));
  host.on('activated', () => {
    most = Math.max(most, host.stats().workers.threads);
  });
  return { host, slept, most: () => most };
}

/** What agents wait for by that name. */
function word(t: Test): { until: string; say: () => void } {
  const until = randomUUID();
  const line = new BroadcastChannel(until);
  t.teardown(() => line.close());
  return { until, say: () => line.postMessage('go') };
}

t.test('where maxActive agents are awake, the least recently used sleeps before another wakes', async (t) => {
  const { host, slept, most } = await open(t, { maxActive: 2 });
  for (const id of ['a', 'b', 'a', 'c']) await host.send(id, COUNT);
  t.strictSame(slept, ['wakeful/b crowded']);
  t.equal(await host.send('b', COUNT), 2, 'it wakes again, with its state');
  t.strictSame(slept, ['wakeful/b crowded', 'wakeful/a crowded']);
  t.equal(most(), 2);
  t.equal(host.stats().agents.active, 2);
});

t.test(
  'an agent that is at work is not put to sleep for another: where all stay so, the other is refused, and may try again',
  async (t) => {
    const { host, slept } = await open(t, { maxActive: 2 });
    const { until, say } = word(t);
    const at = [host.send('a', { do: 'work', until }), host.send('b', { do: 'work', until })];
    await eventually('both are awake', () => host.stats().workers.active === 2);
    await t.rejects(host.send('c', COUNT), OVERLOADED);
    await t.rejects(host.warm('c'), OVERLOADED);
    t.equal((await host.inspect('c'))?.status, undefined, 'nothing is left of it');
    t.strictSame(slept, []);
    say();
    t.strictSame(await Promise.all(at), [1, 1]);
    t.equal(await host.send('c', COUNT), 1);
  },
);

t.test(
  'what is told to an agent that there is no room for waits on disk, and is processed once there is',
  async (t) => {
    const { host } = await open(t, { maxActive: 1 });
    const { until, say } = word(t);
    const working = host.send('a', { do: 'work', until });
    await eventually('it is awake', () => host.stats().workers.active === 1);
    await host.tell('b', COUNT);
    await eventually('it was tried', async () => (await host.inspect('b'))?.status === 'backoff');
    t.equal((await host.inspect('b'))?.inbox.waiting, 1);
    say();
    t.equal(await working, 1);
    await eventually('the message was processed', async () => (await host.inspect('b'))?.inbox.waiting === 0);
    t.equal(await host.send('b', COUNT), 2);
  },
);

t.test('one that waits for room can be deleted, cancelled and closed meanwhile', async (t) => {
  const { host } = await open(t, { maxActive: 1, abortGraceMs: 50 });
  await host.send('a', { do: 'stay', until: 'never' });
  const waiting = async (id: string) => (await host.inspect(id))?.status === 'starting';
  const deleted = t.rejects(host.send('b', COUNT), { code: 'ERR_DROWSE_ABORTED' });
  await eventually('it waits', () => waiting('b'));
  t.equal(await host.delete('b'), false);
  await deleted;
  const cancelled = new AbortController();
  const sent = host.send('c', COUNT, { signal: cancelled.signal });
  const withdrawn = t.rejects(sent, { code: 'ERR_DROWSE_ABORTED' });
  await eventually('it waits', () => waiting('c'));
  cancelled.abort();
  await withdrawn;
  const refused = t.rejects(host.send('d', COUNT), { code: /ERR_DROWSE_(CLOSED|OVERLOADED)/ });
  await eventually('it waits', () => waiting('d'));
  await host.close({ drainMs: 0 });
  await refused;
  t.equal(host.stats().workers.threads, 0);
});

t.test('however many there is no room for at once, each is refused, and nothing else happens', async (t) => {
  const { host } = await open(t, { maxActive: 1 });
  const { until, say } = word(t);
  const working = host.send('a', { do: 'work', until });
  await eventually('it is awake', () => host.stats().workers.active === 1);
  const others = Array.from({ length: 200 }, (_, n) => host.send(`other ${n}`, COUNT));
  const refused = await Promise.allSettled(others);
  t.ok(refused.every((end) => end.status === 'rejected' && end.reason.code === OVERLOADED.code));
  say();
  t.equal(await working, 1);
  t.equal(await host.send('a', COUNT), 2);
});

t.test('many agents take turns in a few threads, and no message is lost', async (t) => {
  const { host, most } = await open(t, { maxActive: 3 });
  const ids = Array.from({ length: 12 }, (_, n) => `agent ${n}`);
  const patient = async (id: string): Promise<number> => {
    for (;;) {
      try {
        return await host.send<number>(id, COUNT);
      } catch (error) {
        if ((error as { retryable?: boolean }).retryable !== true) throw error;
      }
    }
  };
  const counts = await Promise.all(
    ids.map(async (id) => {
      for (let n = 1; n < 5; n += 1) await patient(id);
      return patient(id);
    }),
  );
  t.ok(counts.every((count) => count === 5));
  t.ok(most() <= 3, `${most()} threads`);
  t.equal(host.stats().crashes, 0);
});

t.test('an agent stays awake for a promise: nobody puts it to sleep, and it says why', async (t) => {
  const { host, slept } = await open(t, { maxActive: 1, idleTimeoutMs: 20, sweepIntervalMs: 5 });
  const { until, say } = word(t);
  await host.send('a', { do: 'stay', until });
  t.match((await host.inspect('a'))?.why, /awake: for a promise that keepAwake\(\) was given/);
  await t.rejects(host.send('b', COUNT), OVERLOADED);
  const asleep = host.passivate('a');
  t.equal(await host.send('a', COUNT), 2, 'it takes messages meanwhile');
  t.strictSame(slept, []);
  say();
  t.equal(await asleep, true);
  t.strictSame(slept, ['wakeful/a asked']);
  await host.send('a', { do: 'stayAndFail', until });
  say();
  await eventually('it is idle again, and sleeps', () => slept.length === 2);
  t.equal(slept[1], 'wakeful/a idle');
});

t.test('keepAwake takes a promise, and nothing else', async (t) => {
  const { host } = await open(t, {});
  await t.rejects(host.send('a', { do: 'stayFor', what: 5 }), { code: 'ERR_DROWSE_INVALID_OPTIONS' });
  t.equal(await host.send('a', COUNT), 1);
});

t.test('what looks like a promise and throws keeps nobody awake', async (t) => {
  const { host } = await open(t, {});
  await host.send('a', { do: 'stayForThrowing' });
  t.equal(await host.passivate('a'), true);
});

t.test('that a promise is settled is no progress: who crashes after each is quarantined', async (t) => {
  const { host } = await open(t, { restarts: { limit: 2, backoffMs: [1, 2] } });
  for (let crash = 0; crash < 3; crash += 1)
    await t.rejects(host.send('a', { do: 'stayAndCrash' }), { code: /AGENT_(CRASHED|QUARANTINED)/ });
  await t.rejects(host.send('a', COUNT), { code: 'ERR_DROWSE_AGENT_QUARANTINED' });
});

t.test('closing ends an agent that is kept awake once the drain is over', async (t) => {
  const { host } = await open(t, { abortGraceMs: 50 });
  await host.send('a', { do: 'stay', until: 'never' });
  await host.close({ drainMs: 50 });
  t.equal(host.stats().workers.threads, 0);
});

t.test(
  'above its memory budget, the host gives up spares and puts idle agents to sleep until it is within',
  async (t) => {
    const agents = { wakeful: fixture('wakeful') };
    const limit = process.memoryUsage.rss() / 2 ** 20 + 100;
    const { host, slept } = await open(t, { agents, memoryBudgetMb: { limit, target: limit - 40 }, spares: 2 });
    const pressed: { evicted: number }[] = [];
    host.on('memoryPressure', (event) => pressed.push(event));
    const ids = Array.from({ length: 24 }, (_, n) => `agent ${n}`);
    for (const id of ids) await host.send(id, COUNT);
    await eventually('it was noticed', () => pressed.length > 0);
    await eventually('some sleep', () => slept.length > 0);
    t.ok(
      slept.every((line) => line.endsWith(' memory')),
      slept.join(),
    );
    t.ok(slept.includes('wakeful/agent 0 memory'), 'the least recently used among them');
    t.ok(host.stats().agents.active > 0, 'not all of them');
    for (const id of ids) t.equal(await host.send(id, COUNT), 2);
  },
);
