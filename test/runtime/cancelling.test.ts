import t from 'tap';
import { eventually } from '../eventually.ts';
import { openHost } from '../host.ts';

t.test('a message that waits is withdrawn when its caller cancels', async (t) => {
  const host = await openHost(t);
  const controller = new AbortController();
  const running = host.send('probe/a', { do: 'wait', ms: 100 });
  const waiting = host.send('probe/a', { do: 'note', what: 'never' }, { signal: controller.signal });
  controller.abort(new Error('changed my mind'));
  await t.rejects(waiting, { code: 'ERR_DROWSE_ABORTED', cause: { message: 'changed my mind' } });
  await running;
  t.same(await host.send('probe/a', { do: 'notes' }), []);
});

t.test('a signal that is aborted already starts nothing', async (t) => {
  const host = await openHost(t);
  await t.rejects(host.send('probe/a', {}, { signal: AbortSignal.abort() }), { code: 'ERR_DROWSE_ABORTED' });
  t.equal(host.stats().workers.threads, 0);
  t.equal(await host.inspect('probe/a'), undefined);
});

t.test('a running turn sees the signal and is rolled back', async (t) => {
  const host = await openHost(t);
  const controller = new AbortController();
  const running = host.send('probe/a', { do: 'waitForAbort' }, { signal: controller.signal });
  await eventually('the turn runs', async () => (await host.inspect('probe/a'))?.awake?.turnForMs !== undefined);
  controller.abort();
  await t.rejects(running, { code: 'ERR_DROWSE_ABORTED' });
  t.same(await host.send('probe/a', { do: 'notes' }), []);
  t.equal(host.stats().crashes, 0);
});

t.test(
  'a turn that ignores its timeout is ended; the ones behind it go on, and nothing counts as a crash',
  async (t) => {
    const host = await openHost(t, { abortGraceMs: 20 });
    await host.warm('probe/a');
    const ignoring = host.send('probe/a', { do: 'ignoreAbort' }, { timeoutMs: 20 });
    const behind = host.send('probe/a', { do: 'note', what: 'behind' });
    await t.rejects(ignoring, { code: 'ERR_DROWSE_TIMEOUT', retryable: true });
    t.equal(await behind, 1);
    t.equal(host.stats().crashes, 0);
  },
);

t.test('a send that names no timeout has the one of the supervisor', async (t) => {
  const host = await openHost(t, { sendTimeoutMs: 50 });
  await host.warm('probe/a');
  await t.rejects(host.send('probe/a', { do: 'waitForAbort' }), { code: 'ERR_DROWSE_TIMEOUT' });
});

t.test('a cancel that comes after the commit changes nothing', async (t) => {
  const host = await openHost(t);
  for (let round = 1; round <= 50; round += 1) {
    const controller = new AbortController();
    const sent = host.send('probe/a', { do: 'note', what: round }, { signal: controller.signal }).then(
      () => true,
      () => false,
    );
    if (round % 2) setImmediate(() => controller.abort());
    else queueMicrotask(() => controller.abort());
    const committed = await sent;
    const notes = await host.send<number[]>('probe/a', { do: 'notes' });
    t.equal(notes.includes(round), committed, 'the caller was told what really happened');
  }
});

t.test('a turn is not ended for a timeout of the one before it', async (t) => {
  const host = await openHost(t, { abortGraceMs: 100 });
  await host.warm('a');
  const polite = t.rejects(host.send('a', { do: 'polite', ms: 20 }, { timeoutMs: 50 }), { code: 'ERR_DROWSE_TIMEOUT' });
  const innocent = host.send('a', { do: 'wait', ms: 500 });
  await eventually(
    'the first turn was cancelled',
    async () => (await host.inspect('a'))?.awake?.turnForMs !== undefined,
  );
  // The host is held up past the grace, while the first turn ends and the second begins.
  await new Promise((resolve) => setTimeout(resolve, 60));
  const heldUpTo = Date.now() + 300;
  while (Date.now() < heldUpTo);
  t.equal(await innocent, 'waited');
  await polite;
});
