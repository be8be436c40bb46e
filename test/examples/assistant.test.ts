import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import type assistant from '../../examples/assistant/assistant.ts';
import { TestHost, type TestHostOptions } from '../../testing/index.ts';
import { eventually } from '../eventually.ts';

const here = (name: string) => new URL(`../../examples/assistant/${name}.ts`, import.meta.url);

async function open(t: Test, tools: TestHostOptions['tools'] = here('tools')) {
  const host = await TestHost.open({ agents: { assistant: here('assistant') }, tools });
  t.teardown(() => host[Symbol.asyncDispose]());
  return { host, ada: host.supervisor.agent<typeof assistant>('assistant/ada') };
}

async function read<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const parts: T[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

const textOf = (parts: readonly unknown[]) => parts.filter((part) => typeof part === 'string').join('');

t.test('it answers as the model does, word by word, and remembers all of it', async (t) => {
  const { host, ada } = await open(t);
  const parts = await read(ada.stream({ say: 'hello' }));
  t.ok(parts.length > 3);
  t.equal(textOf(parts), 'You said "hello", which makes 1 so far.');
  await host.sleep('assistant/ada');
  t.equal(textOf(await read(ada.stream({ say: 'again' }))), 'You said "again", which makes 2 so far.');
  await host.restart();
  t.equal((await host.supervisor.inspect('assistant/ada', { state: true }))?.sequence, 2);
});

t.test('the model calls a tool, and goes on with what it said', async (t) => {
  const { ada } = await open(t);
  const stream = ada.stream({ say: 'How is the weather in Oslo?' });
  const parts = await read(stream);
  t.same(parts[0], { calls: 'weather', input: { city: 'Oslo' } });
  t.match(textOf(parts), /^The service says: .*"celsius":16/);
  t.same(await stream.reply, { messages: 4 });
  const { messages } = (await ada.inspect({ state: true }))?.state ?? { messages: [] };
  t.same(
    messages.map(({ role }) => role),
    ['user', 'assistant', 'tool', 'assistant'],
  );
});

t.test('who leaves takes the question back', async (t) => {
  const { host, ada } = await open(t);
  for await (const _ of ada.stream({ say: 'a long story, please' })) break;
  await eventually('the turn was cancelled', () => host.supervisor.stats().turns.cancelled === 1);
  t.equal((await ada.send({ say: 'hello' })).messages, 2);
});

t.test(
  'with AI_URL it asks a provider that speaks the OpenAI protocol; one that fails keeps nothing of the question',
  async (t) => {
    let failing = false;
    const asked: { model: string; messages: object[]; key: string | undefined }[] = [];
    const server = createServer(async (request, response) => {
      const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
      asked.push({ model: body.model, messages: body.messages, key: request.headers.authorization });
      if (failing)
        return response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{"message":"no"}}');
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const delta of [{ role: 'assistant', content: 'Good ' }, { content: 'day.' }])
        response.write(`data: ${JSON.stringify({ id: '1', choices: [{ index: 0, delta }] })}\n\n`);
      return response.end(
        `data: ${JSON.stringify({ id: '1', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`,
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => server.close());
    const given = {
      AI_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AI_KEY: 'a key',
      AI_MODEL: 'small',
    };
    Object.assign(process.env, given);
    t.teardown(() => {
      for (const name of Object.keys(given)) delete process.env[name];
    });
    const { ada } = await open(t, { module: here('tools'), env: Object.keys(given) });
    t.equal(textOf(await read(ada.stream({ say: 'hello' }))), 'Good day.');
    t.match(asked, [{ model: 'small', key: 'Bearer a key' }]);
    failing = true;
    await t.rejects(read(ada.stream({ say: 'and now?' })));
    failing = false;
    t.same(await ada.send({ say: 'and now?' }), { messages: 4 });
    t.match(asked.at(-1)?.messages.length, 4);
  },
);
