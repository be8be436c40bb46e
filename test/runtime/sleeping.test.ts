import { readdirSync } from 'node:fs';
import { queryObjects } from 'node:v8';
import t from 'tap';
import { Agent } from '../../runtime/agent.ts';
import { Incarnation } from '../../runtime/incarnation/incarnation.ts';
import { Isolate } from '../../runtime/isolates/isolate.ts';
import { Delivery } from '../../runtime/messages/delivery.ts';
import { eventually } from '../eventually.ts';
import { openHost } from '../host.ts';

/** Threads of this process, as the kernel counts them. */
const threads = () => readdirSync('/proc/self/task').length;

t.test('a hundred idle agents fall asleep by themselves and wake with their whole history', async (t) => {
  const host = await openHost(t, { idleTimeoutMs: 50, sweepIntervalMs: 20 });
  const keys = Array.from({ length: 100 }, (_, i) => `probe/${i}`);
  await host.send('probe/0', { do: 'nothing' });
  await eventually('the first agent sleeps', () => host.stats().workers.threads === 0);
  const before = threads();

  for (const round of [1, 2]) {
    await Promise.all(keys.map((key) => host.send(key, { do: 'note', what: round })));
    await eventually(
      'no agent is active',
      () => host.stats().agents.active === 0 && host.stats().workers.threads === 0,
    );
  }
  await eventually('their threads are gone', () => threads() <= before);
  const histories = await Promise.all(keys.map((key) => host.send(key, { do: 'notes' })));
  for (const history of histories) t.same(history, [1, 2]);
  t.equal(host.stats().agents.total, 100);
});

t.test('an agent that sleeps leaves no object behind', async (t) => {
  const host = await openHost(t, { idleTimeoutMs: 30, sweepIntervalMs: 10 });
  for (let round = 0; round < 3; round += 1) {
    const ids = Array.from({ length: 5 }, (_, i) => `probe/${round}-${i}`);
    await Promise.all(ids.map((id) => host.send(id, { do: 'note', what: 1 })));
    await eventually('they sleep', () => host.stats().workers.threads === 0);
  }
  for (const kind of [Agent, Incarnation, Isolate, Delivery]) {
    await eventually(`no ${kind.name} is left`, () => queryObjects(kind as never, { format: 'count' }) === 0);
  }
});

t.test('passivate puts an agent to sleep now, and says whether it was awake', async (t) => {
  const host = await openHost(t);
  await host.send('probe/a', { do: 'note', what: 1 });
  t.equal(await host.passivate('probe/a'), true);
  t.equal(host.stats().workers.threads, 0);
  t.equal((await host.inspect('probe/a'))?.status, 'dormant');
  t.equal(await host.passivate('probe/a'), false);
  t.equal(await host.passivate('probe/never'), false);
});

t.test('passivate waits for the messages that were sent before it', async (t) => {
  const host = await openHost(t);
  const slow = host.send('probe/a', { do: 'wait', ms: 50 });
  const behind = host.send('probe/a', { do: 'note', what: 1 });
  t.equal(await host.passivate('probe/a'), true);
  t.equal(await slow, 'waited');
  t.equal(await behind, 1);
});

t.test('messages that arrive while an agent goes to sleep wake it again, in order', async (t) => {
  const host = await openHost(t);
  for (let round = 0; round < 20; round += 1) {
    await host.send('probe/a', { do: 'note', what: `${round} first` });
    const asleep = host.passivate('probe/a');
    const sends = ['second', 'third'].map((which) => host.send('probe/a', { do: 'note', what: `${round} ${which}` }));
    await Promise.all([asleep, ...sends]);
  }
  const expected = Array.from({ length: 20 }, (_, i) => [`${i} first`, `${i} second`, `${i} third`]).flat();
  t.same(await host.send('probe/a', { do: 'notes' }), expected);
});

t.test('what keeps an agent awake is messages: looking at it does not', async (t) => {
  const host = await openHost(t, { idleTimeoutMs: 200, sweepIntervalMs: 10 });
  await host.send('probe/a', { do: 'nothing' });
  await eventually('it sleeps while it is looked at all the time', async () => {
    host.stats();
    return (await host.inspect('probe/a', { state: true }))?.status === 'dormant';
  });
});

t.test('a running turn keeps an agent awake however long it takes', async (t) => {
  const host = await openHost(t, { idleTimeoutMs: 20, sweepIntervalMs: 5 });
  t.equal(await host.send('probe/a', { do: 'wait', ms: 300 }), 'waited');
  t.equal(host.stats().crashes, 0);
});

t.test('the host sets the idle timeout of a type, else the definition does, else the supervisor', async (t) => {
  const sleepy = new URL('../fixtures/sleepy.ts', import.meta.url);
  const probe = new URL('../fixtures/probe.ts', import.meta.url);
  const host = await openHost(t, {
    agents: { probe, sleepy, hurried: { module: sleepy, idleTimeoutMs: 7_000 } },
    idleTimeoutMs: 9_000,
  });
  const timeoutOf = async (id: string) => {
    await host.send(id, { do: 'nothing' });
    return (await host.inspect(id))?.awake?.idleTimeoutMs;
  };
  t.equal(await timeoutOf('probe/a'), 9_000);
  t.equal(await timeoutOf('sleepy/a'), 8_000);
  t.equal(await timeoutOf('hurried/a'), 7_000);
});

t.test('activate runs at each wake and passivate at each sleep; what they change is kept', async (t) => {
  const sleepy = new URL('../fixtures/sleepy.ts', import.meta.url);
  const host = await openHost(t, { agents: { sleepy } });
  t.same(await host.send('a', {}), { wakes: 1, sleeps: 0 });
  await host.passivate('a');
  t.same(await host.send('a', {}), { wakes: 2, sleeps: 1 });
  await host.passivate('a');
  t.same((await host.inspect('a', { state: true }))?.state, { wakes: 2, sleeps: 2 });
});

t.test('the last words of an agent are never lost to the end of its thread', async (t) => {
  const sleepy = new URL('../fixtures/sleepy.ts', import.meta.url);
  const host = await openHost(t, { agents: { sleepy } });
  const keys = Array.from({ length: 60 }, (_, i) => `${i}`);
  await Promise.all(
    keys.map(async (key) => {
      await host.send(key, {});
      await host.passivate(key);
    }),
  );
  for (const key of keys) t.match((await host.inspect(key, { state: true }))?.state, { sleeps: 1 });
  t.equal(host.stats().crashes, 0);
});

t.test('an agent that was only warmed leaves nothing behind when it sleeps', async (t) => {
  const sleepy = new URL('../fixtures/sleepy.ts', import.meta.url);
  const host = await openHost(t, { agents: { sleepy } });
  await host.warm('a');
  await host.passivate('a');
  t.equal(await host.inspect('a'), undefined);
  t.equal(host.stats().agents.total, 0);
});

t.test('a passivate() that throws or never ends delays the sleep, and prevents nothing', async (t) => {
  const restless = new URL('../fixtures/restless.ts', import.meta.url);
  const host = await openHost(t, { agents: { restless }, abortGraceMs: 100 });
  for (const how of ['throw', 'hang', 'timer']) {
    t.equal(await host.send(how, { how }), 1);
    t.equal(await host.passivate(how), true);
    t.equal(await host.send(how, { how }), 2, `${how}: nothing is lost`);
  }
  t.equal(host.stats().crashes, 0, 'a planned end is no crash');
});
