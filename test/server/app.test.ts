import t from 'tap';
import type { Supervisor } from '../../runtime/index.ts';
import { eventually } from '../eventually.ts';
import { fixture } from '../host.ts';
import { json, open } from './asking.ts';

const turns = (supervisor: Supervisor) => supervisor.stats().turns;

t.test('a message is sent, and the reply comes back', async (t) => {
  const { send } = await open(t);
  t.same(await send('probe/ada', { do: 'note', what: 'a' }), { status: 200, body: { reply: 1 } });
  t.same(await send('probe/ada', { do: 'notes' }), { status: 200, body: { reply: ['a'] } });
  t.same(await send('probe/ada', { do: 'nothing' }), { status: 200, body: { reply: null } });
});

t.test('the type of the content may carry parameters, and be written in capitals', async (t) => {
  const { ask } = await open(t);
  const headers = { 'content-type': 'Application/JSON; charset=utf-8' };
  t.equal((await ask('POST', '/agents/probe/ada', { headers, body: '{"do":"nothing"}' })).status, 200);
});

t.test('keys hold slashes, and segments are decoded exactly once', async (t) => {
  const { send, supervisor } = await open(t);
  for (const path of ['probe/a/b', 'probe/c%2Fd', 'probe/100%25', 'probe/%2525', 'probe/%C3%BC%20%3F%23']) {
    t.equal((await send(path, { do: 'nothing' })).status, 200, path);
  }
  const ids: string[] = [];
  for await (const { id } of supervisor.list()) ids.push(id);
  t.same(ids.sort(), ['probe/%25', 'probe/100%', 'probe/a/b', 'probe/c/d', 'probe/ü ?#']);
});

t.test('replies and states that JSON has no form for are written in the documented forms', async (t) => {
  const { send, ask } = await open(t, { agents: { shapes: fixture('shapes') } });
  const shapes = { map: [['a', '1']], set: [1, 2], date: '1970-01-01T00:00:00.000Z', bytes: 'Ynl0ZXM=', odd: 'NaN' };
  t.same((await send('shapes/a', {})).body, { reply: shapes });
  t.equal((await send('shapes/a', { circular: true })).body.reply.self, '[circular: $.reply]');
  t.same((await ask('GET', '/agents/shapes/a?state=true')).body.state, shapes);
});

t.test('a message that the schema of its agent refuses is 422, with its issues', async (t) => {
  const { send } = await open(t, { agents: { strict: fixture('strict') } });
  const { status, body } = await send('strict/a', { do: 'add', amount: 'many' });
  t.equal(status, 422);
  t.match(body.error, { code: 'ERR_DROWSE_INVALID_MESSAGE', retryable: false, agentId: 'strict/a' });
  t.match(body.error.issues, [{ message: /number/, path: ['amount'] }]);
});

t.test('an agent is inspected without its state unless that is asked for', async (t) => {
  const { send, ask } = await open(t);
  await send('probe/ada', { do: 'note', what: 'a' });
  const { status, body } = await ask('GET', '/agents/probe/ada');
  t.equal(status, 200);
  t.match(body, { id: 'probe/ada', type: 'probe', key: 'ada', status: 'active', sequence: 1 });
  t.notOk('state' in body);
  t.same((await ask('GET', '/agents/probe/ada?state=true')).body.state.notes, ['a']);
});

t.test('an agent is warmed, put to sleep and deleted', async (t) => {
  const { send, ask } = await open(t);
  t.same(await ask('POST', '/warm/probe/ada'), { status: 200, body: { warm: true } });
  await send('probe/ada', { do: 'note', what: 'a' });
  t.same(await ask('POST', '/passivate/probe/ada'), { status: 200, body: { passivated: true } });
  t.same(await ask('POST', '/passivate/probe/ada'), { status: 200, body: { passivated: false } });
  t.equal((await ask('GET', '/agents/probe/ada')).body.status, 'dormant');
  t.same(await ask('DELETE', '/agents/probe/ada'), { status: 200, body: { deleted: true } });
  t.same(await ask('DELETE', '/agents/probe/ada'), { status: 200, body: { deleted: false } });
  t.equal((await ask('GET', '/agents/probe/ada')).status, 404);
});

t.test('an agent in quarantine is 503 until it is released', async (t) => {
  const { ask, send } = await open(t, { restarts: { limit: 0, backoffMs: [1, 1] } });
  t.same(await ask('POST', '/release/probe/ada'), { status: 200, body: { released: false } });
  t.match(await send('probe/ada', { do: 'exit', code: 3 }), { status: 503 });
  const error = { code: 'ERR_DROWSE_AGENT_QUARANTINED', retryable: false };
  t.match(await send('probe/ada', { do: 'nothing' }), { status: 503, body: { error } });
  t.match(await ask('GET', '/agents/probe/ada'), { body: { status: 'quarantined', quarantine: { crashes: 1 } } });
  t.same(await ask('POST', '/release/probe/ada'), { status: 200, body: { released: true } });
  t.match(await send('probe/ada', { do: 'nothing' }), { status: 200 });
});

t.test('agents are listed in pages, and next leads through all of them', async (t) => {
  const { send, ask } = await open(t, { agents: { probe: fixture('probe'), other: fixture('probe') } });
  for (const id of ['probe/a', 'probe/b', 'probe/c', 'other/a']) await send(id, { do: 'nothing' });
  const ids = (body: { agents: { id: string }[] }) => body.agents.map(({ id }) => id);
  const first = await ask('GET', '/agents?limit=3');
  t.same(ids(first.body), ['other/a', 'probe/a', 'probe/b']);
  t.equal(first.body.next, 'probe/b');
  const second = await ask('GET', `/agents?limit=3&after=${encodeURIComponent(first.body.next)}`);
  t.same(ids(second.body), ['probe/c']);
  t.equal(second.body.next, null);
  t.same(ids((await ask('GET', '/agents?type=other')).body), ['other/a']);
  for (const limit of ['0', '1001', '1.5', 'x', '']) {
    const { status, body } = await ask('GET', `/agents?limit=${limit}`);
    t.same([status, body.error.code], [400, 'BAD_REQUEST'], `limit=${limit}`);
  }
});

t.test('health and figures are there', async (t) => {
  const { ask, supervisor } = await open(t);
  t.same(await ask('GET', '/health'), { status: 200, body: { ok: true } });
  const { status, body } = await ask('GET', '/stats');
  t.equal(status, 200);
  t.same(Object.keys(body), Object.keys(supervisor.stats()));
});

t.test('a message that is not said to be JSON is refused with 415', async (t) => {
  const { ask, supervisor } = await open(t);
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json-patch+json']) {
    const { status, body } = await ask('POST', '/agents/probe/ada', { headers: { 'content-type': type }, body: '{}' });
    t.same([status, body.error.code], [415, 'UNSUPPORTED_MEDIA_TYPE'], type);
  }
  t.equal((await ask('POST', '/agents/probe/ada')).status, 415);
  t.equal(supervisor.stats().workers.threads, 0, 'no agent was woken');
});

t.test('malformed JSON, paths, ids and timeouts are refused with 400', async (t) => {
  const { ask, send } = await open(t);
  const headers = { 'content-type': 'application/json' };
  for (const body of ['', '{', 'undefined', '{"a":1}x']) {
    const answer = await ask('POST', '/agents/probe/ada', { headers, body });
    t.same([answer.status, answer.body.error.code], [400, 'BAD_REQUEST'], body);
  }
  t.match(await send('probe/%FF', {}), { status: 400, body: { error: { code: 'BAD_REQUEST' } } });
  t.match(await send('probe/a//b', {}), { status: 400, body: { error: { code: 'ERR_DROWSE_INVALID_AGENT_ID' } } });
  t.equal((await ask('GET', '/agents/probe/a//b')).status, 400);
  for (const timeout of ['0', '-1', 'soon', '']) {
    const answer = await send('probe/ada', {}, `?timeoutMs=${timeout}`);
    t.match(answer, { status: 400, body: { error: { code: 'ERR_DROWSE_INVALID_OPTIONS' } } }, timeout);
  }
});

t.test('an unknown type, agent or path is 404, each with its own code', async (t) => {
  const { ask, send } = await open(t, { agents: { probe: fixture('probe'), other: fixture('probe') } });
  const unknown = { status: 404, body: { error: { code: 'ERR_DROWSE_UNKNOWN_TYPE', retryable: false } } };
  t.match(await send('nobody/ada', {}), unknown);
  t.match(await send('ada', {}), unknown);
  const error = { code: 'NOT_FOUND', agentId: 'probe/ada', retryable: false };
  t.match(await ask('GET', '/agents/probe/ada'), { status: 404, body: { error } });
  for (const [method, path] of [
    ['GET', '/'],
    ['PUT', '/agents/probe/ada'],
    ['POST', '/agents'],
    ['GET', '/warm/a/b'],
  ]) {
    t.match(await ask(method as string, path as string), { status: 404, body: { error: { code: 'NOT_FOUND' } } });
  }
});

t.test('a message over the limit is 413, whether its length is known ahead or not', async (t) => {
  const { ask, send } = await open(t, { maxMessageMb: 0.01 }, { maxMessageMb: 0.02 });
  const tooLarge = { status: 413, body: { error: { code: 'ERR_DROWSE_MESSAGE_TOO_LARGE', retryable: false } } };
  const big = JSON.stringify({ do: 'return', what: 'x'.repeat(30_000) });
  const headers = { 'content-type': 'application/json' };
  t.match(await ask('POST', '/agents/probe/ada', { headers, body: big }), tooLarge);
  const known = { ...headers, 'content-length': String(big.length) };
  t.match(await ask('POST', '/agents/probe/ada', { headers: known, body: big }), tooLarge);
  t.match(await send('probe/ada', { do: 'return', what: 'x'.repeat(15_000) }), tooLarge, "the supervisor's own limit");
  t.match(await send('probe/ada', { do: 'returnBytes', bytes: 15_000 }), tooLarge, 'a reply');
});

t.test("an agent's own error is 500 with its name and text, and changes nothing", async (t) => {
  const { send } = await open(t);
  const { status, body } = await send('probe/ada', { do: 'throw', after: 'a' });
  t.equal(status, 500);
  const message = 'it was told to throw';
  t.same(body, { error: { code: 'AGENT_ERROR', name: 'ProbeError', message, retryable: false, agentId: 'probe/ada' } });
  t.same((await send('probe/ada', { do: 'notes' })).body, { reply: [] });
});

t.test('what goes wrong with an agent has the status of its code', async (t) => {
  const { send } = await open(t, {
    maxStateMb: 0.01,
    agents: { probe: fixture('probe'), missing: fixture('no-such-module') },
  });
  const refused = async (id: string, message: unknown, status: number, code: string, query?: string) => {
    t.match(await send(id, message, query), { status, body: { error: { code, agentId: id } } }, code);
  };
  await refused('probe/ada', { do: 'grow', bytes: 20_000 }, 500, 'ERR_DROWSE_STATE_TOO_LARGE');
  await refused('probe/ada', { do: 'returnFunction' }, 500, 'ERR_DROWSE_NOT_SERIALIZABLE');
  await refused('probe/ada', { do: 'exit', code: 3 }, 503, 'ERR_DROWSE_AGENT_CRASHED');
  await refused('missing/ada', {}, 500, 'ERR_DROWSE_BAD_AGENT_MODULE');
  const late = await send('probe/ada', { do: 'waitForAbort' }, '?timeoutMs=20');
  t.match(late, { status: 504, body: { error: { code: 'ERR_DROWSE_TIMEOUT', retryable: true } } });
});

t.test('a full mailbox is 429, and messages of an agent that is deleted are 409', async (t) => {
  const { send, ask, supervisor } = await open(t, { mailboxLimit: 1 });
  const waiting = send('probe/ada', { do: 'ignoreAbort' });
  await eventually(
    'the turn runs',
    async () => (await supervisor.inspect('probe/ada'))?.awake?.turnForMs !== undefined,
  );
  t.match(await send('probe/ada', {}), { status: 429, body: { error: { code: 'ERR_DROWSE_MAILBOX_FULL' } } });
  await ask('DELETE', '/agents/probe/ada');
  t.match(await waiting, { status: 409, body: { error: { code: 'ERR_DROWSE_ABORTED' } } });
});

t.test('a closed supervisor is 503 on every path that needs it', async (t) => {
  const { send, ask, supervisor } = await open(t);
  await supervisor.close();
  const closed = { status: 503, body: { error: { code: 'ERR_DROWSE_CLOSED' } } };
  t.match(await send('probe/ada', {}), closed);
  t.match(await ask('GET', '/agents/probe/ada'), closed);
  t.match(await ask('GET', '/agents'), closed);
  t.match(await ask('DELETE', '/agents/probe/ada'), closed);
  t.match(await ask('POST', '/warm/probe/ada'), closed);
  t.match(await ask('POST', '/tell/probe/ada', json({})), closed);
  t.match(await ask('GET', '/inbox/probe/ada'), closed);
  t.match(await ask('POST', '/skip/probe/ada?message=1'), closed);
  t.match(await ask('GET', '/dead-letters'), closed);
  t.match(await ask('GET', '/dead-letters/probe/ada%231'), closed);
  t.match(await ask('DELETE', '/dead-letters/probe/ada%231'), closed);
  t.match(await ask('POST', '/requeue/probe/ada%231'), closed);
});

t.test('a caller that hangs up cancels its message', async (t) => {
  const { app, supervisor } = await open(t);
  const caller = new AbortController();
  const message = { method: 'POST', ...json({ do: 'waitForAbort' }), signal: caller.signal };
  const answer = app.request('/agents/probe/ada', message);
  await eventually(
    'the turn runs',
    async () => (await supervisor.inspect('probe/ada'))?.awake?.turnForMs !== undefined,
  );
  caller.abort();
  t.equal((await answer).status, 409);
  t.same(turns(supervisor), { committed: 0, failed: 0, cancelled: 1 });
});

t.test('a local server takes only requests that name it by an address or as localhost', async (t) => {
  const { ask } = await open(t, {}, { local: true });
  for (const host of ['localhost:7420', 'drowse.localhost', '127.0.0.1:7420', '[::1]:7420', '192.168.0.7']) {
    t.equal((await ask('GET', `http://${host}/health`)).status, 200, host);
  }
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:7420']) {
    t.match(await ask('GET', `http://${host}/health`), { status: 403, body: { error: { code: 'FORBIDDEN' } } }, host);
  }
});

t.test('a server that others reach takes any name', async (t) => {
  const { ask } = await open(t);
  t.equal((await ask('GET', 'http://agents.example/health')).status, 200);
});

t.test('what a page of another site makes a browser send is refused', async (t) => {
  const { ask, supervisor } = await open(t);
  const from = (site: string) => ask('POST', '/warm/probe/ada', { headers: { 'sec-fetch-site': site } });
  t.equal((await from('cross-site')).status, 403);
  t.equal((await from('same-site')).status, 403);
  t.equal(supervisor.stats().workers.threads, 0);
  t.equal((await from('same-origin')).status, 200);
  t.equal((await from('none')).status, 200);
});

t.test('a failure of the host itself is logged and not told', async (t) => {
  const logged: unknown[] = [];
  const silent = () => {};
  const log = { debug: silent, info: silent, warn: silent, error: (fields: object) => logged.push(fields) };
  const { ask, supervisor } = await open(t, {}, { log });
  const boom = new Error('/secret/path');
  supervisor.stats = () => {
    throw boom;
  };
  const { status, body } = await ask('GET', '/stats');
  t.same([status, body.error.code], [500, 'INTERNAL_ERROR']);
  t.notMatch(JSON.stringify(body), /secret/);
  t.same(logged, [{ err: boom, method: 'GET', path: '/stats' }]);
});
