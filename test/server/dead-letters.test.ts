import t, { type Test } from 'tap';
import { eventually } from '../eventually.ts';
import { fixture } from '../host.ts';
import { open } from './asking.ts';

const AGENTS = { probe: fixture('probe'), other: fixture('probe') };

/** A host whose agents give up at once, with a dead letter of each of those. */
async function openWithLetters(t: Test, ids: readonly string[]) {
  const host = await open(t, { agents: AGENTS, maxAttempts: 1 });
  const { ask, tell } = host;
  const letters = async (query = ''): Promise<string[]> => {
    const { body } = await ask('GET', `/dead-letters${query}`);
    return body.deadLetters.map(({ id }: { id: string }) => id);
  };
  for (const id of ids) await tell(encoded(id), { do: 'throw' });
  await eventually('all are given up', async () => (await letters()).length === ids.length);
  return { ...host, letters };
}

/** As a part of a URL: what follows a bare # is not sent. */
const encoded = (id = '') => encodeURIComponent(id);

t.test('a message that was given up is shown with its cause and its attempts', async (t) => {
  const { ask, letters } = await openWithLetters(t, ['probe/ü #?']);
  const [id] = await letters();
  t.match(id, /^probe\/ü #\?#\d+$/);
  const cause = 'ProbeError: it was told to throw';
  const letter = { id, agentId: 'probe/ü #?', message: { do: 'throw' }, cause, attempts: [{ at: Number, cause }] };
  t.match(await ask('GET', `/dead-letters/${encoded(id)}`), { status: 200, body: { ...letter, at: Number } });
  t.match((await ask('GET', '/dead-letters')).body, { deadLetters: [letter], next: null });
});

t.test('a message that JSON has no form for is written in the documented forms', async (t) => {
  const { ask, supervisor, letters } = await openWithLetters(t, []);
  const message: Record<string, unknown> = { do: 'throw', after: new Map([[1n, new Set([Number.NaN])]]) };
  message.self = message;
  await supervisor.tell('probe/ada', message);
  const [id] = await eventually('it is given up', async () => ((await letters()).length > 0 ? letters() : undefined));
  const { body } = await ask('GET', `/dead-letters/${encoded(id)}`);
  t.same(body.message, { do: 'throw', after: [['1', ['NaN']]], self: '[circular: $.message]' });
});

t.test('dead letters are listed in pages, of all agents, of a type, or of one agent', async (t) => {
  const { ask, letters } = await openWithLetters(t, ['probe/b', 'probe/a', 'other/a', 'probe/a', 'probe/ab']);
  const all = await letters();
  t.same(
    all.map((id) => id.replace(/#\d+$/, '')),
    ['other/a', 'probe/a', 'probe/a', 'probe/ab', 'probe/b'],
  );
  t.same(await letters('?type=other'), all.slice(0, 1));
  t.same(await letters('?agent=probe/a'), all.slice(1, 3));
  t.same(await letters(`?agent=probe/a&after=${encoded(all[1])}`), all.slice(2, 3));
  const paged: string[] = [];
  for (let after = ''; ; ) {
    const { body } = await ask('GET', `/dead-letters?limit=2&after=${encoded(after)}`);
    paged.push(...body.deadLetters.map(({ id }: { id: string }) => id));
    if (body.next === null) break;
    after = body.next;
  }
  t.same(paged, all);
});

t.test('a dead letter is requeued or dropped once; then there is none', async (t) => {
  const { ask, letters } = await openWithLetters(t, ['probe/ada', 'probe/bob']);
  const [first = '', second = ''] = await letters();
  const [requeue, drop] = [`/requeue/${encoded(first)}`, `/dead-letters/${encoded(second)}`];
  t.same(await ask('POST', requeue), { status: 200, body: { requeued: true } });
  t.same(await ask('POST', requeue), { status: 200, body: { requeued: false } });
  const again = await eventually('it is given up again', async () => (await letters('?agent=probe/ada'))[0]);
  t.not(again, first);
  t.same(await ask('DELETE', drop), { status: 200, body: { dropped: true } });
  t.same(await ask('DELETE', drop), { status: 200, body: { dropped: false } });
  t.match(await ask('GET', drop), { status: 404, body: { error: { code: 'NOT_FOUND', message: /probe\/bob#\d/ } } });
  t.same(await letters(), [again]);
});

t.test('what is no id of a dead letter, nor a query that can be answered, is refused', async (t) => {
  const { ask } = await openWithLetters(t, []);
  const invalid = { status: 400, body: { error: { code: 'ERR_DROWSE_INVALID_OPTIONS', message: /chat\/alice#12/ } } };
  for (const id of ['probe/ada', 'probe/ada%23', 'probe/ada%23x', 'probe/ada%23-1', '%231', 'probe/ada#1']) {
    t.match(await ask('GET', `/dead-letters/${id}`), invalid, id);
    t.match(await ask('DELETE', `/dead-letters/${id}`), invalid, id);
    t.match(await ask('POST', `/requeue/${id}`), invalid, id);
  }
  t.match(await ask('GET', '/dead-letters?after=probe/ada'), invalid);
  t.match(await ask('GET', '/dead-letters/probe%FF'), { status: 400, body: { error: { code: 'BAD_REQUEST' } } });
  t.match(await ask('GET', '/dead-letters?limit=x'), { status: 400, body: { error: { code: 'BAD_REQUEST' } } });
  const unknown = { status: 404, body: { error: { code: 'ERR_DROWSE_UNKNOWN_TYPE' } } };
  t.match(await ask('GET', '/dead-letters?type=nobody'), unknown);
  t.match(await ask('GET', '/dead-letters?agent=nobody/ada'), unknown);
  t.match(await ask('POST', '/requeue/nobody/ada%231'), unknown);
  t.match(await ask('GET', '/dead-letters?agent=probe/a//b'), { status: 400 });
});

t.test('what a page of another site makes a browser send changes nothing', async (t) => {
  const { ask, letters } = await openWithLetters(t, ['probe/ada']);
  const [id] = await letters();
  const headers = { 'sec-fetch-site': 'cross-site' };
  for (const path of [`/requeue/${encoded(id)}`, '/skip/probe/ada?message=1', '/tell/probe/ada']) {
    t.equal((await ask('POST', path, { headers })).status, 403, path);
  }
  t.same(await letters(), [id]);
});
