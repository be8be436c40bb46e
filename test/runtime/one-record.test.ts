import t, { type Test } from 'tap';
import type { Supervisor } from '../../runtime/index.ts';
import { eventually } from '../eventually.ts';
import { openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';
import { inboxOf, isOpen, notesOf, processed, waitingFor } from './durable-messages.ts';
import { Gate } from './gate.ts';
import { HeldDisk } from './held-disk.ts';

const HOUR = 3_600_000;

/** A turn that does everything a turn can do beside answering. */
const everything = (rest: object = {}) => ({
  do: 'act',
  note: 'changed',
  tells: [['probe/b', { do: 'note', what: 'told' }]],
  alarms: [[HOUR, { do: 'note', what: 'alarm' }, 'later']],
  ...rest,
});

/** Nothing of such a turn is there. */
async function leftNothing(t: Test, host: Supervisor): Promise<void> {
  t.same(await inboxOf(host, 'probe/b'), [], 'nothing was told');
  t.equal(await host.inspect('probe/b'), undefined, 'nobody was woken');
  t.same((await waitingFor(host, 'probe/a')).alarms, [], 'no alarm is set');
  t.same(await notesOf(host, 'probe/a'), [], 'the state is as it was');
}

t.test('a turn that throws or crashes leaves no change, no tell, no alarm and no answer', async (t) => {
  for (const end of ['throw', 'exit']) {
    const host = await openHost(t, { directory: `${testFolder(t)}/${end}` });
    const send = (order: object) => host.send('probe/a', order, { idempotencyKey: 'key' });
    await t.rejects(send(everything({ end })));
    await leftNothing(t, host);
    t.equal(await send(everything()), 1, 'the key is free for a turn that ends well, and even for another message');
  }
});

t.test('a turn that is cancelled leaves no change, no tell, no alarm and no answer', async (t) => {
  const host = await openHost(t);
  const gate = new Gate(t);
  const controller = new AbortController();
  const options = { idempotencyKey: 'key', signal: controller.signal };
  const cancelled = host.send('probe/a', everything({ gate: gate.name }), options);
  await eventually('the turn has told and set everything', () => gate.begun === 1);
  controller.abort();
  await t.rejects(cancelled, { code: 'ERR_DROWSE_ABORTED' });
  await leftNothing(t, host);
  t.equal(await host.send('probe/a', { do: 'note', what: 1 }, { idempotencyKey: 'key' }), 1);
});

t.test(
  'the reply, the tells and the alarms of a turn wait for its write: before it, nobody sees any of them',
  async (t) => {
    const store = new HeldDisk();
    const host = await openHost(t, { store });
    store.hold();
    const reply = host.send('probe/a', everything({ alarms: [[0, { do: 'note', what: 'alarm' }, 'now']] }));
    await eventually('the record waits to be written', () => store.held.length === 1);
    t.ok(await isOpen(reply));
    t.same(await inboxOf(host, 'probe/b'), []);
    t.equal(await host.inspect('probe/b'), undefined);
    t.same((await waitingFor(host, 'probe/a')).alarms, []);
    t.match(host.stats().workers, { starting: 0, threads: 1 }, 'nobody is woken');
    store.release();
    t.equal(await reply, 1);
    await processed(host, 'probe/a');
    await processed(host, 'probe/b');
    t.same(await notesOf(host, 'probe/b'), ['told']);
    t.same(await notesOf(host, 'probe/a'), ['changed', 'alarm']);
  },
);

t.test('a write that fails leaves no change, no tell, no alarm and no answer', async (t) => {
  const store = new HeldDisk();
  const host = await openHost(t, { store });
  store.hold();
  const send = () => host.send('probe/a', everything(), { idempotencyKey: 'key' });
  const failing = t.rejects(send(), { code: 'ERR_DROWSE_STORE_FAILED' });
  await eventually('the record waits to be written', () => store.held.length === 1);
  store.fail();
  await failing;
  await leftNothing(t, host);
  t.equal(await send(), 1, 'a repeat is a new try');
  await processed(host, 'probe/b');
});

t.test(
  'a write that fails and reached the disk is found there: what it told is delivered, a repeat gets its reply',
  async (t) => {
    const store = new HeldDisk();
    const host = await openHost(t, { store });
    store.hold();
    const send = () => host.send('probe/a', everything(), { idempotencyKey: 'key' });
    const failing = t.rejects(send(), { code: 'ERR_DROWSE_STORE_FAILED' });
    await eventually('the record waits to be written', () => store.held.length === 1);
    store.fail({ reached: true });
    await failing;
    await eventually('its tell is delivered, though nobody asks', async () => {
      return (await host.inspect('probe/b'))?.sequence === 1;
    });
    t.equal(await send(), 1);
    t.same(await notesOf(host, 'probe/a'), ['changed'], 'once');
    t.equal((await waitingFor(host, 'probe/a')).alarms.length, 1);
  },
);

t.test(
  'a durable message leaves its inbox with the record of its turn, and stays there where that fails',
  async (t) => {
    const store = new HeldDisk();
    const host = await openHost(t, { store, maxAttempts: 1 });
    store.hold('a');
    await host.tell('probe/a', everything({ note: 1 }));
    await eventually('the record waits to be written', () => store.held.length === 1);
    t.match(await inboxOf(host, 'probe/a'), [{ message: { note: 1 }, attempts: [{ cause: undefined }] }]);
    store.fail();
    await processed(host, 'probe/a');
    await processed(host, 'probe/b');
    t.same(await notesOf(host, 'probe/a'), [1], 'the second attempt: a failed write counts as none');
    t.same(await notesOf(host, 'probe/b'), ['told']);
  },
);

t.test('a turn that only tells, and changes nothing, is stored all the same', async (t) => {
  const host = await openHost(t);
  await host.send('probe/a', { do: 'nothing' });
  await host.send('probe/a', { do: 'act', tells: [['probe/b', { do: 'note', what: 1 }]] });
  await processed(host, 'probe/b');
  t.same(await notesOf(host, 'probe/b'), [1]);
});
