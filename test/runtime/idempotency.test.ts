import t from 'tap';
import { eventually } from '../eventually.ts';
import { openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';
import { inboxOf, isOpen, notesOf, processed, WallClock } from './durable-messages.ts';
import { Gate } from './gate.ts';

const note = (what: unknown) => ({ do: 'note', what });
const once = { idempotencyKey: 'once' };
const HOUR = 3_600_000;

t.test('a repeat gets the first reply and changes nothing: awake, after a sleep, a crash and a restart', async (t) => {
  const directory = `${testFolder(t)}/data`;
  const first = await openHost(t, { directory });
  const repeat = (host: typeof first) => host.send('probe/a', note('first'), once);
  t.equal(await repeat(first), 1);
  await first.send('probe/a', note('second'));
  t.equal(await repeat(first), 1, 'awake');
  await first.passivate('probe/a');
  t.equal(await repeat(first), 1, 'asleep');
  t.equal(first.stats().workers.threads, 0, 'which wakes nobody');
  await t.rejects(first.send('probe/a', { do: 'exit', code: 1 }));
  t.equal(await repeat(first), 1, 'crashed');
  await first.close();
  const second = await openHost(t, { directory });
  t.equal(await repeat(second), 1, 'restarted');
  t.same(await notesOf(second, 'probe/a'), ['first', 'second']);
});

t.test('what was replied comes back as it was: undefined, too', async (t) => {
  const host = await openHost(t);
  for (const order of [{ do: 'nothing' }, { do: 'returnBytes', bytes: 3 }]) {
    const options = { idempotencyKey: order.do };
    const reply = await host.send('probe/a', order, options);
    t.strictSame(await host.send('probe/a', order, options), reply);
  }
});

t.test('the order of the keys of an object does not make it another message', async (t) => {
  const host = await openHost(t);
  t.equal(await host.send('probe/a', { do: 'note', what: { x: 1, y: [2] } }, once), 1);
  t.equal(await host.send('probe/a', { what: { y: [2], x: 1 }, do: 'note' }, once), 1);
});

t.test(
  'repeats join the message that runs; who leaves is told so, and only the last who leaves cancels it',
  async (t) => {
    const host = await openHost(t);
    const gate = new Gate(t);
    const order = { do: 'act', note: 'once', gate: gate.name };
    const [leaving, late] = [new AbortController(), new AbortController()];
    const first = host.send('probe/a', order, { ...once, signal: leaving.signal });
    const second = host.send('probe/a', order, once);
    const third = host.send('probe/a', order, { ...once, timeoutMs: 1 });
    await t.rejects(third, { code: 'ERR_DROWSE_TIMEOUT' });
    leaving.abort();
    await t.rejects(first, { code: 'ERR_DROWSE_ABORTED' });
    t.ok(await isOpen(second));
    await eventually('the turn runs', () => gate.begun === 1);
    gate.say('go');
    t.equal(await second, 1);
    t.equal(gate.begun, 1);

    const other = { idempotencyKey: 'other' };
    const leave = [leaving.signal, late.signal].map((signal) => host.send('probe/a', order, { ...other, signal }));
    await t.rejects(leave[0] as Promise<unknown>, { code: 'ERR_DROWSE_ABORTED' }, 'an aborted signal joins nothing');
    await eventually('the turn runs', () => gate.begun === 2);
    late.abort();
    await t.rejects(leave[1] as Promise<unknown>, { code: 'ERR_DROWSE_ABORTED' });
    gate.forget();
    t.same(await notesOf(host, 'probe/a'), ['once'], 'the turn was rolled back');
  },
);

t.test('a repeat of a message that is being cancelled waits for its end, and can be cancelled meanwhile', async (t) => {
  const host = await openHost(t, { abortGraceMs: 50 });
  const [one, two] = [new AbortController(), new AbortController()];
  const first = host.send('probe/a', { do: 'ignoreAbort' }, { ...once, signal: one.signal });
  await eventually('its turn runs', async () => (await host.inspect('probe/a'))?.awake?.turnForMs !== undefined);
  one.abort();
  const repeat = host.send('probe/a', { do: 'ignoreAbort' }, { ...once, signal: two.signal });
  const other = host.send('probe/a', note('after it'), once);
  two.abort();
  await t.rejects(first, { code: 'ERR_DROWSE_ABORTED' });
  await t.rejects(repeat, { code: 'ERR_DROWSE_ABORTED' });
  t.equal(await other, 1, 'it kept nothing: the key is free');
});

t.test('the same key with another message is refused: while the first runs, after it, and as a tell', async (t) => {
  const host = await openHost(t);
  const gate = new Gate(t);
  const refused = { code: 'ERR_DROWSE_IDEMPOTENCY_MISMATCH', message: /"once"/, agentId: 'probe/a', retryable: false };
  const running = host.send('probe/a', { do: 'act', note: 1, gate: gate.name }, once);
  await t.rejects(host.send('probe/a', note(2), once), refused);
  await t.rejects(host.tell('probe/a', { do: 'act', note: 1, gate: gate.name }, once), refused);
  gate.say('go');
  await running;
  await t.rejects(host.send('probe/a', note(2), once), refused);
  await t.rejects(host.tell('probe/a', note(2), once), refused);
  await host.passivate('probe/a');
  await t.rejects(host.send('probe/a', note(2), once), refused);
  t.same(await notesOf(host, 'probe/a'), [1]);
});

t.test('a turn that failed keeps nothing: a repeat is a new try', async (t) => {
  const host = await openHost(t);
  const gate = new Gate(t, 'throw', 'exit', 'go');
  const send = () => host.send('probe/a', { do: 'act', note: 1, gate: gate.name }, once);
  await t.rejects(send(), { name: 'ProbeError' });
  await t.rejects(send(), { code: 'ERR_DROWSE_AGENT_CRASHED' });
  t.equal(await send(), 1);
  t.equal(await send(), 1);
  t.equal(gate.begun, 3);
});

t.test('a key belongs to one agent, and goes with it when it is deleted', async (t) => {
  const host = await openHost(t);
  t.equal(await host.send('probe/a', note('a'), once), 1);
  t.equal(await host.send('probe/b', note('b'), once), 1);
  await host.delete('probe/a');
  t.equal(await host.send('probe/a', note('another'), once), 1);
  t.same(await notesOf(host, 'probe/a'), ['another']);
});

t.test('a tell under a key is told once, while it is written and for as long as the key is kept', async (t) => {
  const directory = `${testFolder(t)}/data`;
  const first = await openHost(t, { directory });
  await Promise.all([1, 2, 3].map(() => first.tell('probe/a', note('told'), once)));
  await processed(first, 'probe/a');
  await first.tell('probe/a', note('told'), once);
  t.same(await inboxOf(first, 'probe/a'), []);
  await t.rejects(first.tell('probe/a', note('another'), once), { code: 'ERR_DROWSE_IDEMPOTENCY_MISMATCH' });
  await first.close();
  const second = await openHost(t, { directory });
  await second.tell('probe/a', note('told'), once);
  t.same(await notesOf(second, 'probe/a'), ['told']);
});

t.test('a reply is kept for idempotencyRetentionMs', async (t) => {
  const clock = new WallClock();
  const host = await openHost(t, { clock, idempotencyRetentionMs: 10 * HOUR });
  const send = () => host.send('probe/a', note('sent'), once);
  t.equal(await send(), 1);
  clock.advance(10 * HOUR);
  t.equal(await send(), 1);
  clock.advance(1);
  t.equal(await send(), 2, 'from then on it is a new message');
  t.equal(await send(), 2);
});

t.test('of more than idempotencyLimit replies of one agent, the oldest are forgotten, now and then', async (t) => {
  const clock = new WallClock();
  const host = await openHost(t, { clock, idempotencyLimit: 2 });
  const send = (id: string, key: string) => host.send(id, note(key), { idempotencyKey: key });
  for (const key of ['1', '2', '3', '4']) await send('probe/a', key);
  await send('probe/b', '1');
  await eventually('the oldest of them is forgotten', async () => {
    clock.advance(HOUR);
    return host.send('probe/a', { do: 'nothing' }, { idempotencyKey: '2' }).then(
      () => true,
      () => false,
    );
  });
  for (const key of ['3', '4']) t.equal(await send('probe/a', key), Number(key));
  t.equal(await send('probe/b', '1'), 1, 'each agent has its own');
});

t.test('what is no key is refused', async (t) => {
  const host = await openHost(t);
  for (const idempotencyKey of ['', 'x'.repeat(513), '\ud800', 5 as never, null as never]) {
    const refused = { code: 'ERR_DROWSE_INVALID_OPTIONS', message: /idempotencyKey/ };
    await t.rejects(host.send('probe/a', {}, { idempotencyKey }), refused);
    await t.rejects(host.tell('probe/a', {}, { idempotencyKey }), refused);
  }
  t.equal(host.stats().workers.threads, 0);
  t.equal(await host.send('probe/a', note(1), { idempotencyKey: 'é\n'.repeat(170) }), 1, 'any text will do');
});
