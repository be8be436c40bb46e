import { statSync } from 'node:fs';
import t, { type Test } from 'tap';
import { MemoryStore } from '../../runtime/index.ts';
import { answerEvents } from '../../server/event-stream.ts';
import { serve } from '../../server/serve.ts';
import { eventually } from '../eventually.ts';
import { fixture, openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';

async function open(t: Test) {
  const supervisor = await openHost(t, { store: new MemoryStore(), agents: { streamer: fixture('streamer') } });
  const serving = await serve({ supervisor, port: 0 });
  t.teardown(() => serving.close({ drainMs: 0 }));
  const stream = (message: unknown, { id = 'ada', ...init }: RequestInit & { id?: string } = {}) =>
    fetch(`${serving.url}/agents/streamer/${id}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify(message),
      ...init,
    });
  return { supervisor, serving, stream };
}

const aPause = { do: 'yield', chunks: ['a'], end: 'waitForAbort' };

t.test('a client that wants events gets each chunk, and at last the reply', async (t) => {
  const { stream } = await open(t);
  const response = await stream({ do: 'yield', chunks: ['a\n\nb', { two: 2 }] });
  t.equal(response.status, 200);
  t.equal(response.headers.get('content-type'), 'text/event-stream');
  const events = ['event: chunk\ndata: "a\\n\\nb"', 'event: chunk\ndata: {"two":2}', 'event: reply\ndata: 2'];
  t.equal(await response.text(), events.map((event) => `${event}\n\n`).join(''));
});

t.test('a chunk is sent before the turn has ended; a client that hangs up cancels the turn', async (t) => {
  const { supervisor, stream } = await open(t);
  const client = new AbortController();
  const response = await stream(aPause, { signal: client.signal });
  const { value } = (await response.body?.getReader().read()) ?? {};
  t.equal(Buffer.from(value as Uint8Array).toString(), 'event: chunk\ndata: "a"\n\n');
  client.abort();
  await eventually('the turn was cancelled', () => supervisor.stats().turns.cancelled === 1);
  t.same(await supervisor.send('ada', { do: 'notes' }), []);
});

t.test('a client that hangs up before the first chunk cancels the turn', async (t) => {
  const { supervisor, stream } = await open(t);
  const client = new AbortController();
  const response = t.rejects(stream({ do: 'yield', chunks: [], end: 'waitForAbort' }, { signal: client.signal }));
  await eventually('the turn runs', async () => (await supervisor.inspect('ada'))?.awake?.turnForMs !== undefined);
  client.abort();
  await response;
  await eventually('the turn was cancelled', () => supervisor.stats().turns.cancelled === 1);
});

t.test('what fails before the first chunk has its status, what fails later is an event', async (t) => {
  const { stream } = await open(t);
  const early = await stream({ do: 'yield', chunks: [], end: 'throw' });
  t.equal(early.status, 500);
  t.match(await early.json(), { error: { code: 'AGENT_ERROR', message: 'it was told to throw' } });
  const late = await stream({ do: 'yield', chunks: [1], end: 'throw' });
  t.equal(late.status, 200);
  const [, error] = (await late.text()).split('\n\n');
  t.match(error, /^event: error\ndata: \{"code":"AGENT_ERROR","name":"RangeError","message":"it was told to throw",/);
  const crashed = await (await stream({ do: 'yield', chunks: [1], end: 'exit' })).text();
  t.match(crashed, /event: error\ndata: \{"code":"ERR_DROWSE_AGENT_CRASHED",.*"retryable":true/);
});

t.test('a turn that is silent, at first or between chunks, keeps its connection', async (t) => {
  const said = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  async function* speak(): AsyncGenerator<string, string, void> {
    for (const { promise } of said) {
      await promise;
      yield 'a';
    }
    return 'b';
  }
  const stream = Object.assign(speak(), { reply: Promise.resolve('b') });
  const { body } = await answerEvents(stream, 'streamer/ada', 5);
  const reader = (body as ReadableStream<Uint8Array<ArrayBuffer>>).pipeThrough(new TextDecoderStream()).getReader();
  const heard: string[] = [];
  let comments = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (part.value !== ': the turn goes on\n\n') heard.push(part.value);
    // Each chunk comes once two comments were heard.
    else if (++comments % 2 === 0) said[comments / 2 - 1]?.resolve();
  }
  t.ok(comments >= 4);
  t.equal(heard.join(''), 'event: chunk\ndata: "a"\n\nevent: chunk\ndata: "a"\n\nevent: reply\ndata: "b"\n\n');
});

t.test('a client that reads slowly slows the agent', async (t) => {
  const { stream } = await open(t);
  const trace = `${testFolder(t, { trace: '' })}/trace`;
  const flood = { do: 'flood', count: 400, bytes: 100_000, trace };
  const response = await stream(flood);
  // Some is on its way in the sockets; all of it would be 40 MB.
  let [made, still] = [0, 0];
  await eventually('it waits', () => {
    const now = statSync(trace).size;
    still = now === made ? still + 1 : 0;
    made = now;
    return still === 20;
  });
  t.ok(made < 300, `${made} chunks were made`);
  let bytes = 0;
  // By way of the response: one that is forgotten takes its body along when it is collected.
  for await (const part of response.body ?? []) bytes += part.length;
  t.ok(bytes > 40_000_000, `${bytes} bytes`);
});
