import t from 'tap';
import type { Supervisor } from '../../runtime/index.ts';
import { eventually } from '../eventually.ts';
import { json, open } from './asking.ts';

const turnRuns = (supervisor: Supervisor, id: string) =>
  eventually('the turn runs', async () => (await supervisor.inspect(id))?.awake?.turnForMs !== undefined);

t.test('a message that is told is taken with 202 and processed without an answer', async (t) => {
  const { tell, send } = await open(t);
  t.same(await tell('probe/ada', { do: 'note', what: 'a' }), { status: 202, body: { told: true } });
  t.same((await send('probe/ada', { do: 'notes' })).body, { reply: ['a'] });
});

t.test('a message under a key is processed once: a repeat that is sent gets the first reply', async (t) => {
  const { ask, tell, send } = await open(t);
  const note = { do: 'note', what: 'a' };
  for (let i = 0; i < 2; i += 1) {
    t.same(await ask('POST', '/agents/probe/ada', json(note, 'one')), { status: 200, body: { reply: 1 } });
    t.same(await tell('probe/ada', note, 'two'), { status: 202, body: { told: true } });
  }
  t.same((await send('probe/ada', { do: 'notes' })).body, { reply: ['a', 'a'] });
});

t.test('a key that stands for another message is refused with 422', async (t) => {
  const { ask, tell, send } = await open(t);
  await tell('probe/ada', { do: 'note', what: 'a' }, 'told');
  await ask('POST', '/agents/probe/ada', json({ do: 'note', what: 'b' }, 'sent'));
  const code = 'ERR_DROWSE_IDEMPOTENCY_MISMATCH';
  const refused = { status: 422, body: { error: { code, retryable: false, agentId: 'probe/ada' } } };
  t.match(await tell('probe/ada', { do: 'note', what: 'c' }, 'told'), refused);
  t.match(await ask('POST', '/agents/probe/ada', json({ do: 'note', what: 'c' }, 'sent')), refused);
  t.match(await ask('POST', '/agents/probe/ada', json({ do: 'note', what: 'a' }, 'told')), refused, 'told, not sent');
  t.equal((await tell('probe/bob', { do: 'note', what: 'c' }, 'told')).status, 202, 'another agent');
  t.same((await send('probe/ada', { do: 'notes' })).body, { reply: ['a', 'b'] });
});

t.test('a key that a header cannot carry unchanged is refused with 400', async (t) => {
  const { ask, tell, supervisor } = await open(t);
  const refused = { status: 400, body: { error: { code: 'BAD_REQUEST', message: /Idempotency-Key/ } } };
  for (const key of ['', 'grün', 'a\tb', 'x'.repeat(513)]) {
    t.match(await tell('probe/ada', {}, key), refused, key);
    t.match(await ask('POST', '/agents/probe/ada', json({}, key)), refused, key);
  }
  t.equal(await supervisor.inspect('probe/ada'), undefined);
  t.equal((await tell('probe/ada', { do: 'nothing' }, '~ any: "one", of {512}! '.padEnd(512, 'x'))).status, 202);
});

t.test('what is no message for an agent is not told', async (t) => {
  const { ask, tell, supervisor } = await open(t, { maxMessageMb: 0.01 }, { maxMessageMb: 0.02 });
  const headers = { 'content-type': 'application/json' };
  const refused = (status: number, code: string) => ({ status, body: { error: { code } } });
  const plain = { headers: { 'content-type': 'text/plain' }, body: '{}' };
  t.match(await ask('POST', '/tell/probe/ada', plain), refused(415, 'UNSUPPORTED_MEDIA_TYPE'));
  t.match(await ask('POST', '/tell/probe/ada', { headers, body: '{' }), refused(400, 'BAD_REQUEST'));
  t.match(await tell('probe/%FF', {}), refused(400, 'BAD_REQUEST'));
  t.match(await tell('probe/a//b', {}), refused(400, 'ERR_DROWSE_INVALID_AGENT_ID'));
  t.match(await tell('nobody/ada', {}), refused(404, 'ERR_DROWSE_UNKNOWN_TYPE'));
  for (const bytes of [15_000, 30_000]) {
    const message = { do: 'return', what: 'x'.repeat(bytes) };
    t.match(await tell('probe/ada', message), refused(413, 'ERR_DROWSE_MESSAGE_TOO_LARGE'));
  }
  t.match(await ask('GET', '/tell/probe/ada'), refused(404, 'NOT_FOUND'));
  t.equal(await supervisor.inspect('probe/ada'), undefined);
});

t.test('an inbox is shown in its order, with what runs first, and says whether there is more', async (t) => {
  const { ask, tell, supervisor } = await open(t);
  await tell('probe/ada', { do: 'waitForAbort' });
  await turnRuns(supervisor, 'probe/ada');
  for (const what of ['a', 'b']) await tell('probe/ada', { do: 'note', what });
  await supervisor.tell('probe/ada', { do: 'note', what: new Map([['a', 1n]]) });
  const { status, body } = await ask('GET', '/inbox/probe/ada');
  t.equal(status, 200);
  t.equal(body.more, false);
  const messages = body.messages.map(({ message }: { message: unknown }) => message);
  const notes = ['a', 'b', [['a', '1']]].map((what) => ({ do: 'note', what }));
  t.same(messages, [{ do: 'waitForAbort' }, ...notes]);
  t.match(body.messages[0], { id: /^\d+$/, since: Number, attempts: [{ at: Number }] });
  t.same(body.messages[1].attempts, []);
  const first = await ask('GET', '/inbox/probe/ada?limit=1');
  t.same(first.body, { messages: [body.messages[0]], more: true });
  t.match((await ask('GET', '/agents/probe/ada')).body, { inbox: { waiting: 4 } });
});

t.test('the inbox of an agent for which nothing waits is empty, whether it exists or not', async (t) => {
  const { ask, send } = await open(t);
  await send('probe/ada', { do: 'nothing' });
  for (const id of ['probe/ada', 'probe/nobody']) {
    t.same(await ask('GET', `/inbox/${id}`), { status: 200, body: { messages: [], more: false } });
  }
  t.match(await ask('GET', '/inbox/probe/a//b'), { status: 400 });
  t.match(await ask('GET', '/inbox/probe/ada?limit=0'), { status: 400, body: { error: { code: 'BAD_REQUEST' } } });
});

t.test('a message is skipped where it waits and where its turn runs; both are dead letters then', async (t) => {
  const { ask, tell, send, supervisor } = await open(t);
  await tell('probe/ada', { do: 'waitForAbort' });
  await turnRuns(supervisor, 'probe/ada');
  for (const what of ['a', 'b']) await tell('probe/ada', { do: 'note', what });
  const { messages } = (await ask('GET', '/inbox/probe/ada')).body;
  const [running, waiting] = messages.map(({ id }: { id: string }) => id);
  for (const id of [waiting, running]) {
    const path = `/skip/probe/ada?message=${id}`;
    t.same(await ask('POST', path), { status: 200, body: { skipped: true } });
    t.same(await ask('POST', path), { status: 200, body: { skipped: false } });
  }
  t.same((await send('probe/ada', { do: 'notes' })).body, { reply: ['b'] });
  t.match((await ask('GET', '/dead-letters')).body, {
    deadLetters: [
      { id: `probe/ada#${running}`, message: { do: 'waitForAbort' } },
      { id: `probe/ada#${waiting}`, message: { do: 'note', what: 'a' }, attempts: [] },
    ],
  });
});

t.test('what names no message in an inbox is not skipped', async (t) => {
  const { ask } = await open(t);
  t.same(await ask('POST', '/skip/probe/nobody?message=1'), { status: 200, body: { skipped: false } });
  for (const query of ['', '?message=', '?message=x', '?message=-1', '?message=1.5']) {
    const error = { code: 'BAD_REQUEST', agentId: 'probe/ada' };
    t.match(await ask('POST', `/skip/probe/ada${query}`), { status: 400, body: { error } }, query);
  }
  const unknown = { status: 404, body: { error: { code: 'ERR_DROWSE_UNKNOWN_TYPE' } } };
  t.match(await ask('POST', '/skip/nobody/ada?message=1'), unknown);
});
