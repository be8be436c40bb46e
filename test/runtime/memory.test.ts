import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { eventually } from '../eventually.ts';
import { fixture, openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';

const module = fixture('heavy');
/** In a process, whichever comes first: V8's own limit is not far above ours, and ends nobody else. */
const TOO_MUCH =
  process.env.ISOLATION === 'process' ? /held \d+ MiB .*allows 32|limit of its heap/ : /held \d+ MiB .*allows 32/;
const OUT_OF_MEMORY = { code: 'ERR_DROWSE_AGENT_OUT_OF_MEMORY', retryable: false };

for (const what of ['entries', 'buffers']) {
  t.test(`an agent that hoards ${what} is ended with the figures, and no other notices`, async (t) => {
    const host = await openHost(t, { agents: { heavy: { module, maxHeapMb: 32 } } });
    t.same(await host.send('b', { do: 'touch' }), [0, 1]);
    await t.rejects(host.send('a', { do: 'hoard', what }), { ...OUT_OF_MEMORY, message: TOO_MUCH });
    t.same(await host.send('b', { do: 'touch' }), [0, 2]);
    t.same(await host.send('a', { do: 'touch' }), [0, 1]);
  });
}

t.test('an agent that hoards as it wakes is ended as soon as in a turn, though its spare had been quiet', async (t) => {
  const host = await openHost(t, { agents: { heavy: { module, maxHeapMb: 32 } }, spares: 1 });
  await eventually('a spare is ready', () => host.stats().workers.spares === 1);
  // It is looked at ever more rarely.
  await setTimeout(4_000);
  const error = await host.warm('as it wakes').then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  t.match(error, OUT_OF_MEMORY);
  const held = Number(/held (\d+) MiB/.exec(error?.message ?? '')?.[1]);
  t.ok(held < 400, `it held ${held} MiB`);
});

t.test('an agent that drops what it allocates is left alone', async (t) => {
  const host = await openHost(t, { agents: { heavy: module } });
  t.equal(await host.send('a', { do: 'churn', ms: 1_500 }), true);
  t.equal(host.stats().crashes, 0);
});

t.test(
  'a state of 50 MB works where maxHeapMb allows for it, and where it does not, nothing of it is lost',
  async (t) => {
    const directory = `${testFolder(t)}/data`;
    const open = (maxHeapMb: number) => openHost(t, { directory, agents: { heavy: { module, maxHeapMb } } });
    const large = await open(1_024);
    t.equal(await large.send('a', { do: 'keep', mb: 50 }), 50_000);
    t.same(await large.send('a', { do: 'touch' }), [50_000, 1]);
    await large.passivate('a');
    t.same(await large.send('a', { do: 'touch' }), [50_000, 2]);
    await large.close();

    const small = await open(32);
    await t.rejects(small.send('a', { do: 'touch' }), OUT_OF_MEMORY);
    await small.tell('a', { do: 'touch' });
    await eventually('the agent was given up', async () => (await small.inspect('a'))?.status === 'dormant');
    t.equal((await small.inspect('a'))?.inbox.waiting, 1, 'the message waits: it has not begun');
    await small.close();

    const again = await open(1_024);
    await eventually('the message was processed', async () => (await again.inspect('a'))?.inbox.waiting === 0);
    t.same(await again.send('a', { do: 'touch' }), [50_000, 4]);
  },
);

t.test('a state over maxStateMb is refused with the turn that would make it, and no harm', async (t) => {
  const host = await openHost(t, { agents: { heavy: { module, maxHeapMb: 512 } }, maxStateMb: 2 });
  t.equal(await host.send('a', { do: 'keep', mb: 1 }), 1_000);
  await t.rejects(host.send('a', { do: 'keep', mb: 3 }), { code: 'ERR_DROWSE_STATE_TOO_LARGE' });
  t.same(await host.send('a', { do: 'touch' }), [1_000, 1]);
  await host.passivate('a');
  t.same(await host.send('a', { do: 'touch' }), [1_000, 2]);
});
