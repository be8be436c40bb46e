import { writeFileSync } from 'node:fs';
import t from 'tap';
import { DrowseError } from '../../runtime/index.ts';
import { eventually } from '../eventually.ts';
import { fixture, openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';
import { collect, lettersOf, processed, WallClock, waitingFor } from './durable-messages.ts';

const agents = { strict: fixture('strict'), vetted: fixture('vetted'), caller: fixture('caller') };
const BAD = { do: 'add', amount: 'many' };
const add = (amount: unknown) => ({ do: 'add', amount });
const LOOK = { do: 'look' };
const REFUSED_CAUSE = { cause: /takes no such message: message\.amount: / };
const REFUSED = { code: 'ERR_DROWSE_INVALID_MESSAGE', issues: [{ path: ['amount'], message: /number/ }] };

t.test('what the schema refuses is refused with its issues, and creates no agent', async (t) => {
  const host = await openHost(t, { agents });
  const error = await host.send('strict/a', BAD).catch((thrown: Error) => thrown);
  if (!(error instanceof DrowseError)) return t.fail('it was taken');
  t.match(error, { ...REFUSED, agentId: 'strict/a', retryable: false });
  t.match(error.message, /^Agent strict\/a takes no such message: message\.amount: .*number.* Send what the schema/);
  t.match(await host.inspect('strict/a', { state: true }), { sequence: 0, state: undefined });
  t.equal(host.stats().agents.total, 0);
  await host.passivate('strict/a');
  t.equal(await host.inspect('strict/a'), undefined);
});

t.test('what the schema refuses changes nothing, and holds up nobody', async (t) => {
  const host = await openHost(t, { agents });
  const [before, ...refused] = [add(1), BAD, add(1.5), { do: 'other' }, 'text', null].map((message) =>
    host.send('strict/a', message),
  );
  const after = host.send('strict/a', add(2));
  for (const one of refused) await t.rejects(one, { code: REFUSED.code });
  t.match(await before, [{ amount: 1 }]);
  t.match(await after, [{ amount: 1 }, { amount: 2 }]);
  t.equal((await host.inspect('strict/a'))?.sequence, 2);
});

t.test('the handler gets what the schema makes of a message, after a sleep too', async (t) => {
  const host = await openHost(t, { agents });
  const at = '2020-02-02T00:00:00.000Z';
  t.same(await host.send('strict/a', { ...add('2'), at, more: 1 }), [{ amount: 2, at: new Date(at), by: 'nobody' }]);
  await host.passivate('strict/a');
  await t.rejects(host.send('strict/a', BAD), REFUSED);
  t.match(await host.send('strict/a', { ...add(3), by: 'ada' }), [{ amount: 2 }, { amount: 3, by: 'ada' }]);
});

t.test('what the schema refuses is not remembered under its idempotency key', async (t) => {
  const host = await openHost(t, { agents });
  await t.rejects(host.send('strict/a', BAD, { idempotencyKey: 'k' }), REFUSED);
  t.match(await host.send('strict/a', add(1), { idempotencyKey: 'k' }), [{ amount: 1 }]);
});

t.test('whoever reads the stream of a message that the schema refuses is told so', async (t) => {
  const host = await openHost(t, { agents });
  const stream = host.stream('strict/a', { do: 'yield', chunks: ['a', 1] });
  await t.rejects(collect(stream), { code: REFUSED.code, issues: [{ path: ['chunks', 1] }] });
  await t.rejects(stream.reply, { code: REFUSED.code });
  t.same(await collect(host.stream('strict/a', { do: 'yield', chunks: ['a', 'b'] })), ['a', 'b']);
});

t.test('a message told that the schema refuses is a dead letter at its first attempt', async (t) => {
  const host = await openHost(t, { agents });
  await host.tell('strict/a', BAD);
  await host.tell('strict/a', add(1));
  await processed(host, 'strict/a');
  t.match(await host.send('strict/a', LOOK), [{ amount: 1 }]);
  const [letter, ...others] = await lettersOf(host);
  t.same(others, []);
  t.match(letter, { ...REFUSED_CAUSE, agentId: 'strict/a', message: BAD, attempts: [REFUSED_CAUSE] });
  t.equal(letter?.attempts.length, 1);
});

t.test('so is an alarm; one that repeats comes again', async (t) => {
  const clock = new WallClock();
  const host = await openHost(t, { agents, clock });
  const letters = async (count: number) =>
    eventually(`there are ${count} dead letters`, async () => {
      clock.advance(0);
      const all = await lettersOf(host);
      return all.length === count ? all : undefined;
    });
  await host.send('strict/a', { do: 'set', when: 1_000, message: BAD });
  clock.advance(1_000);
  t.match(await letters(1), [{ alarm: 'set', message: BAD, attempts: [{ cause: /no such message/ }] }]);
  t.same((await waitingFor(host, 'strict/a')).alarms, []);
  await host.send('strict/a', { do: 'set', when: { every: 1_000 }, message: BAD });
  clock.advance(1_000);
  await letters(2);
  clock.advance(1_000);
  for (const { attempts } of await letters(3)) t.equal(attempts.length, 1);
});

t.test('an agent that sends what the schema of another refuses is told so, and may go on', async (t) => {
  const host = await openHost(t, { agents });
  const ask = { do: 'ask', whom: 'strict/a', what: BAD };
  await t.rejects(host.send('caller/a', ask), REFUSED);
  t.match(await host.send('caller/a', { ...ask, what: add(1) }), [{ amount: 1 }]);
});

t.test(
  'a message whose turn fails because another agent refuses one is tried again, as it was not refused itself',
  async (t) => {
    const host = await openHost(t, { agents, maxAttempts: 2 });
    await host.tell('caller/a', { do: 'ask', whom: 'strict/a', what: BAD });
    await processed(host, 'caller/a');
    t.match(await lettersOf(host), [{ attempts: [REFUSED_CAUSE, REFUSED_CAUSE] }]);
  },
);

t.test('a schema may take its time: messages keep their order', async (t) => {
  const host = await openHost(t, { agents });
  const after = `${testFolder(t)}/go`;
  const first = host.send('vetted/a', { note: 1, after });
  const issues = [{ message: 'not this', path: ['note'] }];
  const refused = t.rejects(host.send('vetted/a', { note: 2, vet: 'refuse' }), { code: REFUSED.code, issues });
  const last = host.send('vetted/a', { note: 3 });
  await eventually('the schema looks', async () => (await host.inspect('vetted/a'))?.awake?.turnForMs !== undefined);
  writeFileSync(after, '');
  t.same(await first, [1]);
  await refused;
  t.same(await last, [1, 3]);
});

t.test('what a schema throws fails the turn, and is tried again like that', async (t) => {
  const host = await openHost(t, { agents, maxAttempts: 2 });
  await t.rejects(host.send('vetted/a', { note: 1, vet: 'throw' }), {
    name: 'RangeError',
    message: 'the schema throws',
  });
  await t.rejects(host.send('vetted/a', { note: 1, vet: 'reject' }), { message: 'the schema rejects' });
  await host.tell('vetted/a', { note: 1, vet: 'throw' });
  await processed(host, 'vetted/a');
  t.match(await lettersOf(host), [{ attempts: [{ cause: /schema throws/ }, { cause: /schema throws/ }] }]);
  t.same(await host.send('vetted/a', { note: 2 }), [2]);
});
