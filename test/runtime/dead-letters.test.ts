import t, { type Test } from 'tap';
import type { DeadLetter, Supervisor, SupervisorOptions } from '../../runtime/index.ts';
import { eventually } from '../eventually.ts';
import { fixture, openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';
import { collect, lettersOf, notesOf, processed, WallClock } from './durable-messages.ts';
import { HeldDisk } from './held-disk.ts';

const note = (what: unknown) => ({ do: 'note', what });
const HOUR = 3_600_000;

/** A host whose agents were told what they throw, and gave it up. */
async function withLetters(
  t: Test,
  ids: readonly string[],
  options: Partial<SupervisorOptions> = {},
): Promise<Supervisor> {
  const agents = { probe: fixture('probe'), prober: fixture('probe') };
  const host = await openHost(t, { agents, maxAttempts: 1, ...options });
  for (const id of ids) await host.tell(id, { do: 'act', note: 'again', end: 'throw' });
  for (const id of ids) await processed(host, id);
  return host;
}

t.test('dead letters are listed by agent and in order, by type, by agent and by page, and start nobody', async (t) => {
  const ids = ['prober/a', 'probe/b', 'probe/a', 'probe/a', 'probe/a/b', 'probe/ab'];
  const host = await withLetters(t, ids);
  for (const id of new Set(ids)) await host.passivate(id);
  const agentsOf = async (query?: Parameters<typeof host.deadLetters.list>[0]) =>
    (await collect(host.deadLetters.list(query))).map(({ agentId }) => agentId);
  const all = ['probe/a', 'probe/a', 'probe/a/b', 'probe/ab', 'probe/b', 'prober/a'];
  t.same(await agentsOf(), all);
  t.same(await agentsOf({ type: 'probe' }), all.slice(0, 5));
  t.same(await agentsOf({ agentId: 'probe/a' }), ['probe/a', 'probe/a']);
  t.same(await agentsOf({ limit: 2 }), all.slice(0, 2));
  const letters = await lettersOf(host);
  for (const [i, { id }] of letters.entries()) t.same(await agentsOf({ after: id }), all.slice(i + 1));
  t.same(await agentsOf({ agentId: 'probe/a', after: letters[0]?.id ?? '', limit: 5 }), ['probe/a']);
  t.match(await host.deadLetters.get(letters[2]?.id ?? ''), { agentId: 'probe/a/b', message: { note: 'again' } });
  t.equal(host.stats().workers.threads, 0);
});

t.test('a letter that is told again is a new message behind all others, with attempts of its own', async (t) => {
  const host = await withLetters(t, ['probe/a']);
  const [letter] = await lettersOf(host);
  await host.tell('probe/a', note('told before'));
  t.equal(await host.deadLetters.requeue(letter?.id ?? ''), true);
  await eventually('it has died again', async () => (await lettersOf(host)).some(({ id }) => id !== letter?.id));
  t.match(await lettersOf(host), [{ message: letter?.message, attempts: [{ cause: /told to throw/ }] }]);
  t.same(await notesOf(host, 'probe/a'), ['told before']);
  t.equal(await host.deadLetters.requeue(letter?.id ?? ''), false, 'the old one is gone');
});

t.test('a letter is told again once, however many ask at the same time; dropped, it is told no more', async (t) => {
  const host = await withLetters(t, ['probe/a', 'probe/b']);
  const [a, b] = (await lettersOf(host)).map(({ id }) => id) as [string, string];
  const { deadLetters } = host;
  const done = await Promise.all([deadLetters.requeue(a), deadLetters.requeue(a), deadLetters.drop(a)]);
  t.same(done, [true, false, false]);
  t.same(await Promise.all([deadLetters.drop(b), deadLetters.requeue(b), deadLetters.drop(b)]), [true, false, false]);
  await eventually('it has died again', async () => (await lettersOf(host)).length === 1);
  t.not((await lettersOf(host))[0]?.id, a);
});

t.test('an id of no letter is unknown, and what is no id is refused', async (t) => {
  const host = await withLetters(t, []);
  const { deadLetters } = host;
  t.equal(await deadLetters.get('probe/a#99'), undefined);
  t.equal(await deadLetters.requeue('probe/a#99'), false);
  t.equal(await deadLetters.drop('probe/a#99'), false);
  for (const id of ['', 'probe/a', '#1', 'probe/a#', 'probe/a#x', 'probe/a#-1', 'probe/a#01', 'probe/a#1e3']) {
    const refused = { code: 'ERR_DROWSE_INVALID_OPTIONS', message: /no id of a dead letter/ };
    await t.rejects(deadLetters.get(id), refused);
    await t.rejects(deadLetters.requeue(id), refused);
    await t.rejects(deadLetters.drop(id), refused);
  }
  await t.rejects(collect(deadLetters.list({ type: 'nobody' })), { code: 'ERR_DROWSE_UNKNOWN_TYPE' });
  await host.close();
  await t.rejects(collect(deadLetters.list()), { code: 'ERR_DROWSE_CLOSED' });
  await t.rejects(deadLetters.drop('probe/a#1'), { code: 'ERR_DROWSE_CLOSED' });
});

t.test('dead letters survive a restart, and go with their agent when it is deleted', async (t) => {
  const directory = `${testFolder(t)}/data`;
  const first = await withLetters(t, ['probe/a', 'probe/b'], { directory });
  await first.close();
  const second = await withLetters(t, [], { directory });
  t.match(await lettersOf(second), [{ agentId: 'probe/a' }, { agentId: 'probe/b' }]);
  await second.delete('probe/a');
  t.match(await lettersOf(second), [{ agentId: 'probe/b' }]);
});

t.test('dead letters are kept for deadLetterRetentionMs', async (t) => {
  const clock = new WallClock();
  const host = await withLetters(t, ['probe/a'], { clock, deadLetterRetentionMs: 3 * HOUR });
  const given = clock.now();
  clock.advance(2 * HOUR);
  await host.tell('probe/b', { do: 'act', end: 'throw' });
  await processed(host, 'probe/b');
  t.equal((await lettersOf(host)).length, 2);
  await eventually('the older one is gone', async () => {
    clock.advance(HOUR / 4);
    return (await lettersOf(host)).length < 2;
  });
  t.ok(clock.now() > given + 3 * HOUR);
  t.match(await lettersOf(host), [{ agentId: 'probe/b' }]);
});

t.test('a letter that could not be told again may have been: then it is processed, though nobody asks', async (t) => {
  const store = new HeldDisk();
  const host = await openHost(t, { store, maxAttempts: 1 });
  await host.tell('probe/a', { do: 'act', end: 'throw', note: 'again' });
  await processed(host, 'probe/a');
  const [letter] = (await lettersOf(host)) as [DeadLetter];
  store.hold();
  const asked = t.rejects(host.deadLetters.requeue(letter.id), { code: 'ERR_DROWSE_STORE_FAILED' });
  await eventually('it waits to be written', () => store.held.length === 1);
  store.fail({ reached: true });
  await asked;
  await eventually('it has died again', async () => {
    const [again] = await lettersOf(host);
    return again !== undefined && again.id !== letter.id;
  });
});
