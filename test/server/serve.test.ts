import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import t, { type Test } from 'tap';
import { MemoryStore } from '../../runtime/index.ts';
import { type ServeOptions, serve } from '../../server/serve.ts';
import { eventually } from '../eventually.ts';
import { fixture, openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';

async function open(t: Test, options: Partial<ServeOptions> = {}) {
  const agents = { probe: fixture('probe'), slow: fixture('slow') };
  const supervisor = await openHost(t, { store: new MemoryStore(), agents });
  const serving = await serve({ supervisor, port: 0, ...options });
  t.teardown(() => serving.close({ drainMs: 0 }));
  const send = (id: string, message: unknown, init: RequestInit = {}) =>
    fetch(`${serving.url}/agents/${id}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
      ...init,
    });
  return { supervisor, serving, send };
}

/** A turn that has begun, and ends when it is told to. */
async function slowTurn(t: Test, url: string, id: string, agent?: Agent) {
  const folder = testFolder(t, {});
  const order = { began: `${folder}/began`, until: `${folder}/until` };
  const headers = { 'content-type': 'application/json' };
  const outgoing = request(`${url}/agents/${id}`, { method: 'POST', headers, ...(agent && { agent }) });
  const answer = once(outgoing, 'response').then(([response]) => response as IncomingMessage);
  outgoing.end(JSON.stringify(order));
  await eventually('the turn began', () => existsSync(order.began));
  return { answer, finish: () => writeFileSync(order.until, '') };
}

t.test('it listens where it says', async (t) => {
  const { serving, send } = await open(t);
  t.match(serving.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const response = await send('probe/ada', { do: 'note', what: 'ü' });
  t.equal(response.headers.get('content-type'), 'application/json');
  t.same(await response.json(), { reply: 1 });
});

t.test('a body that comes in chunks is read, and refused over the limit', async (t) => {
  const { serving } = await open(t, { maxMessageMb: 0.01 });
  const chunked = async (text: string) => {
    const headers = { 'content-type': 'application/json' };
    const body = new Blob([text]).stream();
    return fetch(`${serving.url}/agents/probe/ada`, { method: 'POST', headers, body, duplex: 'half' } as RequestInit);
  };
  t.same(await (await chunked('{"do":"return","what":"a"}')).json(), { reply: 'a' });
  t.equal((await chunked(`{"do":"return","what":"${'a'.repeat(12_000)}"}`)).status, 413);
});

t.test('a client that hangs up cancels its message, and the turn is rolled back', async (t) => {
  const { supervisor, send } = await open(t);
  const client = new AbortController();
  const answer = send('probe/ada', { do: 'waitForAbort' }, { signal: client.signal });
  await eventually(
    'the turn runs',
    async () => (await supervisor.inspect('probe/ada'))?.awake?.turnForMs !== undefined,
  );
  client.abort();
  await t.rejects(answer);
  await eventually('the turn was cancelled', () => supervisor.stats().turns.cancelled === 1);
  t.same(await supervisor.send('probe/ada', { do: 'notes' }), []);
});

t.test('a client that hangs up before its message is whole wakes nobody', async (t) => {
  const { supervisor, serving, send } = await open(t);
  const socket = connect(Number(new URL(serving.url).port), '127.0.0.1');
  socket.write('POST /agents/probe/ada HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n');
  await new Promise<void>((resolve) => socket.write('Content-Length: 100\r\n\r\n{"do":', () => resolve()));
  socket.destroy();
  t.equal((await send('probe/bob', { do: 'nothing' })).status, 200);
  t.equal(await supervisor.inspect('probe/ada'), undefined);
});

t.test('a request under a foreign name is refused', async (t) => {
  const { serving } = await open(t);
  const outgoing = request(`${serving.url}/health`, { headers: { host: 'evil.example' } }).end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  response.resume();
  t.equal(response.statusCode, 403);
});

t.test('closing lets the request in flight finish, refuses new ones, and drops idle connections', async (t) => {
  const { serving } = await open(t);
  const agent = new Agent({ keepAlive: true });
  const idle = connect(Number(new URL(serving.url).port), '127.0.0.1');
  await once(idle, 'connect');
  const { answer, finish } = await slowTurn(t, serving.url, 'slow/ada', agent);
  const closed = serving.close();
  idle.resume();
  await once(idle, 'close');
  await t.rejects(fetch(`${serving.url}/health`));
  finish();
  const response = await answer;
  t.equal(response.statusCode, 200);
  t.equal(response.headers.connection, 'close');
  t.same(JSON.parse(Buffer.concat(await response.toArray()).toString()), { reply: { turns: 1 } });
  await closed;
  await serving.close();
  agent.destroy();
});

t.test('what is not answered when the drain is over is cut off, and its message cancelled', async (t) => {
  const { serving, supervisor } = await open(t);
  const { answer } = await slowTurn(t, serving.url, 'slow/ada');
  const closed = serving.close({ drainMs: 1_000_000 });
  const cutOff = t.rejects(answer);
  await serving.close({ drainMs: 0 });
  await closed;
  await cutOff;
  await eventually('the turn was cancelled', () => supervisor.stats().turns.cancelled === 1);
});

t.test('a port that is taken is told as Node tells it', async (t) => {
  const { serving, supervisor } = await open(t);
  await t.rejects(serve({ supervisor, port: Number(new URL(serving.url).port) }), { code: 'EADDRINUSE' });
});

t.test('an IPv6 address and one that means all are told so that they can be reached', async (t) => {
  const { serving } = await open(t, { host: '0.0.0.0' });
  t.match(serving.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const { serving: six } = await open(t, { host: '::1' });
  t.match(six.url, /^http:\/\/\[::1\]:\d+$/);
  t.equal((await fetch(`${six.url}/health`)).status, 200);
});
