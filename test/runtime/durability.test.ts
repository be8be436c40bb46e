import t from 'tap';
import { eventually } from '../eventually.ts';
import { HeldStore } from '../held-store.ts';
import { agentWorkers, openHost } from '../host.ts';

/** Enough for a sleep to write the whole state. */
const LONG = 'x'.repeat(5_000);

/** Whether a promise is still open after everything that is ready has run. */
async function isOpen(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open');
  return (await Promise.race([promise, new Promise((resolve) => setImmediate(resolve, open))])) === open;
}

t.test('a reply leaves only after its turn is durable; the next turn may run before that', async (t) => {
  const store = new HeldStore();
  const host = await openHost(t, { store });
  const first = host.send('a', { do: 'note', what: 1 });
  const second = host.send('a', { do: 'note', what: 2 });
  await eventually('both turns have run', () => store.held.length === 2);
  t.ok(await isOpen(first));
  store.held.shift()?.pass();
  t.equal(await first, 1);
  t.ok(await isOpen(second));
  store.release();
  t.equal(await second, 2);
});

t.test('a reply that tells of earlier turns waits for them, even if its own changes nothing or throws', async (t) => {
  const store = new HeldStore();
  const host = await openHost(t, { store });
  const change = host.send('a', { do: 'note', what: 1 });
  const look = host.send('a', { do: 'notes' });
  const thrown = host.send('a', { do: 'throw' }).catch((error: Error) => error.message);
  await eventually('the change waits to be written', () => store.held.length === 1);
  await eventually('all three turns have ended', () => host.stats().turns.failed === 1);
  t.ok(await isOpen(look));
  t.ok(await isOpen(thrown));
  store.release();
  t.equal(await change, 1);
  t.same(await look, [1]);
  t.equal(await thrown, 'it was told to throw');
});

t.test(
  'a failed write rejects its turn and every later one that had begun; the agent restarts from the disk',
  async (t) => {
    const store = new HeldStore();
    store.holding = false;
    const host = await openHost(t, { store });
    await host.send('a', { do: 'note', what: 'kept' });
    store.holding = true;
    const failing = host.send('a', { do: 'note', what: 'failing' });
    const later = host.send('a', { do: 'note', what: 'later' });
    const looking = host.send('a', { do: 'notes' });
    const told = [failing, later, looking].map((sent) => t.rejects(sent, { code: 'ERR_DROWSE_STORE_FAILED' }));
    await eventually('both writes wait', () => store.held.length === 2);
    const [first, second] = store.held.splice(0);
    first?.fail();
    second?.pass();
    await Promise.all(told);
    store.release();
    await eventually('the incarnation was given up', () => host.stats().crashes === 1);
    t.equal(
      await host.send('a', { do: 'note', what: 'afterwards' }),
      4,
      'this store kept the bytes: the outcome was unknown',
    );
  },
);

t.test('an agent that never slept is on disk all the same: a sleep writes one snapshot, or nothing', async (t) => {
  const store = new HeldStore();
  store.holding = false;
  const host = await openHost(t, { store });
  for (const what of [1, 2]) {
    await host.send('a', { do: 'note', what });
    store.holding = true;
    await host.passivate('a');
    t.equal(store.held.length, 0, 'the disk had it all, as a snapshot or as a record behind one');
    store.holding = false;
  }
  await host.send('a', { do: 'note', what: LONG });
  store.holding = true;
  const asleep = host.passivate('a');
  await eventually('the snapshot waits to be written', () => store.held.length === 1);
  store.release();
  t.equal(await asleep, true);
  store.holding = false;
  t.same(await host.send('a', { do: 'notes' }), [1, 2, LONG]);
});

t.test('a sleep whose last write fails is told as a crash, not as a sleep', async (t) => {
  const store = new HeldStore();
  store.holding = false;
  const host = await openHost(t, { store });
  const told: string[] = [];
  host.on('passivated', () => told.push('passivated'));
  host.on('crashed', ({ cause }) => told.push((cause as Error & { code: string }).code));
  await host.send('a', { do: 'note', what: 1 });
  await host.send('a', { do: 'note', what: LONG });
  store.holding = true;
  const asleep = host.passivate('a');
  await eventually('the snapshot waits to be written', () => store.held.length === 1);
  store.held.pop()?.fail();
  await asleep;
  t.same(told, ['ERR_DROWSE_STORE_FAILED']);
});

t.test('a message that is cancelled between two incarnations is not given to the next', async (t) => {
  const store = new HeldStore();
  const host = await openHost(t, { store });
  const controller = new AbortController();
  const first = host.send('a', { do: 'note', what: 1 });
  const crashed = t.rejects(host.send('a', { do: 'exit', code: 1 }), { code: 'ERR_DROWSE_AGENT_CRASHED' });
  const behind = host.send('a', { do: 'note', what: 2 }, { signal: controller.signal });
  const told = t.rejects(behind, { code: 'ERR_DROWSE_ABORTED' });
  await crashed;
  await eventually('the worker is gone, its write under way', () => agentWorkers(host) === 0);
  controller.abort();
  store.release();
  t.equal(await first, 1);
  await told;
  t.same(await host.send('a', { do: 'notes' }), [1]);
});
