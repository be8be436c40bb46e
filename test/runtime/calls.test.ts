import t from 'tap';
import { eventually } from '../eventually.ts';
import { fixture, openHeld, openHost } from '../host.ts';

const agents = { caller: fixture('caller') };
const note = (what: unknown) => ({ do: 'note', what });
const ask = (whom: string, what: unknown, more = {}) => ({ do: 'ask', whom, what, ...more });

t.test('an agent sends to another and gets its reply, or what it threw', async (t) => {
  const host = await openHost(t, { agents });
  t.equal(await host.send('a', ask('b', note(1))), 1);
  t.equal(await host.send('a', ask('caller/b', ask('c', note(2)))), 1);
  await t.rejects(host.send('a', ask('b', { do: 'throw' })), { name: 'RangeError', message: 'it was told to throw' });
  t.same(await host.send('b', { do: 'notes' }), [1]);
});

t.test('what an agent sends leaves after all its earlier turns are durable', async (t) => {
  const { host, disk } = await openHeld(t, { agents });
  const noted = host.send('a', note(1));
  const asked = host.send('a', ask('b', note(2)));
  await eventually('the first turn waits to be written', () => disk.waiting === 1);
  await eventually('the second runs', async () => (await host.inspect('a'))?.awake?.turnForMs !== undefined);
  t.equal((await host.inspect('b'))?.awake, undefined, 'nothing was sent');
  disk.release();
  t.equal(await noted, 1);
  t.equal(await asked, 1);
});

t.test('if an earlier turn cannot be written, what was to be sent is not', async (t) => {
  const { host, disk } = await openHeld(t, { agents });
  const noted = t.rejects(host.send('a', note(1)), { code: 'ERR_DROWSE_STORE_FAILED' });
  const asked = t.rejects(host.send('a', ask('b', note(2))), { code: 'ERR_DROWSE_STORE_FAILED' });
  await eventually('the first turn waits to be written', () => disk.waiting === 1);
  await eventually('the second runs', async () => (await host.inspect('a'))?.awake?.turnForMs !== undefined);
  disk.fill();
  disk.release();
  await Promise.all([noted, asked]);
  disk.free();
  t.same(await host.send('b', { do: 'notes' }), []);
});

t.test(
  'what is to be sent is not, where its turn is cancelled or its agent deleted before it could leave',
  async (t) => {
    for (const end of ['cancel', 'delete'] as const) {
      const { host, disk } = await openHeld(t, { agents });
      const noted = host.send('a', note(1));
      const controller = new AbortController();
      const asked = host.send('a', ask('b', note(2)), { signal: controller.signal });
      await eventually('the first turn waits to be written', () => disk.waiting === 1);
      await eventually('the second runs', async () => (await host.inspect('a'))?.awake?.turnForMs !== undefined);
      if (end === 'cancel') controller.abort();
      const deleted = end === 'delete' && host.delete('a');
      await t.rejects(asked, { code: 'ERR_DROWSE_ABORTED' });
      disk.release();
      await Promise.all([noted, deleted]);
      t.same(await host.send('b', { do: 'notes' }), []);
      t.equal(host.stats().crashes, 0);
    }
  },
);

t.test('a message that would wait for the turn that sends it is refused with its chain', async (t) => {
  const host = await openHost(t, { agents });
  const cycle = { code: 'ERR_DROWSE_CALL_CYCLE', message: /^caller\/a -> caller\/b -> caller\/a: / };
  await t.rejects(host.send('a', ask('b', ask('a', note(1)))), cycle);
  const three = { code: 'ERR_DROWSE_CALL_CYCLE', message: /^caller\/a -> caller\/b -> caller\/c -> caller\/a: / };
  await t.rejects(host.send('a', ask('b', ask('c', ask('a', note(1))))), three);
  await t.rejects(host.send('a', ask('a', note(1))), { code: 'ERR_DROWSE_CALL_CYCLE' });
  t.equal(await host.send('a', note(1)), 1, 'and nobody hangs');
});

t.test('a turn that is cancelled cancels what it has sent', async (t) => {
  const host = await openHost(t, { agents });
  const controller = new AbortController();
  const asked = host.send('a', ask('b', { do: 'waitForAbort' }), { signal: controller.signal });
  await eventually('the other runs', async () => (await host.inspect('b'))?.awake?.turnForMs !== undefined);
  controller.abort();
  await t.rejects(asked, { code: 'ERR_DROWSE_ABORTED' });
  await eventually('both turns were cancelled', () => host.stats().turns.cancelled === 2);
});

t.test('a message has its own timeout, and a turn goes on after it', async (t) => {
  const host = await openHost(t, { agents });
  const asked = host.send('a', ask('b', { do: 'waitForAbort' }, { timeoutMs: 20 }));
  await t.rejects(asked, { code: 'ERR_DROWSE_TIMEOUT' });
  t.equal(await host.send('b', note(1)), 1);
});

t.test('an agent that is deleted while it asks cancels what it has sent', async (t) => {
  const host = await openHost(t, { agents });
  const asked = t.rejects(host.send('a', ask('b', { do: 'waitForAbort' })), { code: 'ERR_DROWSE_ABORTED' });
  await eventually('the other runs', async () => (await host.inspect('b'))?.awake?.turnForMs !== undefined);
  await host.delete('a');
  await asked;
  await eventually('its turn was cancelled', () => host.stats().turns.cancelled === 1);
});

t.test('under an idempotency key a repeat gets the first reply', async (t) => {
  const host = await openHost(t, { agents });
  t.equal(await host.send('a', ask('b', note(1), { key: 'k' })), 1);
  t.equal(await host.send('a', ask('b', note(1), { key: 'k' })), 1);
  t.equal(await host.send('b', note(1), { idempotencyKey: 'k' }), 1, 'whoever sends it');
  const other = host.send('a', ask('b', note(2), { key: 'k' }));
  await t.rejects(other, { code: 'ERR_DROWSE_IDEMPOTENCY_MISMATCH' });
});

t.test('sending is outside the turn: a rollback takes nothing back', async (t) => {
  const host = await openHost(t, { agents });
  await t.rejects(host.send('a', { do: 'askAfterNoting', whom: 'b', what: { do: 'throw' } }), { name: 'RangeError' });
  t.same(await host.send('a', { do: 'notes' }), []);
  await t.rejects(host.send('a', ask('nobody/b', note(1))), { code: 'ERR_DROWSE_UNKNOWN_TYPE' });
});
