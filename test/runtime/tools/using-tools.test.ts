import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { MemoryStore, type Supervisor, type SupervisorOptions } from '../../../runtime/index.ts';
import { eventually } from '../../eventually.ts';
import type { Order } from '../../fixtures/tooling.ts';
import { HeldStore } from '../../held-store.ts';
import { fixture, openHost } from '../../host.ts';
import { testFolder } from '../../test-folder.ts';
import { read, readFirst, traceFile } from '../reading.ts';

const use = (tool: string, ...args: unknown[]): Order => ({ do: 'use', tool, args });

function open(t: Test, options: Partial<SupervisorOptions> = {}): Promise<Supervisor> {
  return openHost(t, { agents: { tooling: fixture('tooling') }, tools: fixture('tools'), ...options });
}

t.test('agents call tools, which know who calls, and share one thread', async (t) => {
  const host = await open(t);
  const [a, b] = (await Promise.all(['a', 'b'].map((id) => host.send(id, use('echo', id))))) as { threadId: number }[];
  t.match(a, { value: 'a', agentId: 'tooling/a' });
  t.match(b, { value: 'b', agentId: 'tooling/b', threadId: a?.threadId });
  t.equal((await host.send<string[]>('a', { do: 'names' })).includes('echo'), true);
  await eventually('the calls are over', () => host.stats().tools?.running === 0);
  t.match(host.stats(), { tools: { threads: 1, calls: 2, failed: 0 } });
});

t.test('what is handed to a tool may be a part of the state', async (t) => {
  const host = await open(t);
  await host.send('a', { do: 'note', what: { deep: [1] } });
  t.match(await host.send('a', { do: 'useNoted' }), { value: [{ deep: [1] }] });
});

t.test('what a tool throws, the turn throws, and is rolled back', async (t) => {
  const host = await open(t);
  const error = { name: 'RangeError', message: 'out of reach', status: 429, headers: { a: 1 } };
  await t.rejects(host.send('a', { ...use('fail', 'error'), note: true }), error);
  await t.rejects(host.send('a', use('exit')), { code: 'ERR_DROWSE_TOOL_FAILED', agentId: 'tooling/a' });
  t.match(await host.send('a', { do: 'useNoted' }), { value: [] });
});

t.test('a tool that there is not is refused with the list, and one called by a host without tools', async (t) => {
  const host = await open(t);
  const code = 'ERR_DROWSE_UNKNOWN_TOOL';
  for (const name of ['nope', 'toString', 'constructor'])
    await t.rejects(host.send('a', use(name)), { code, message: /^There is no tool "\w+"; there are: .*echo, / });
  const bare = await openHost(t, { store: new MemoryStore(), agents: { tooling: fixture('tooling') } });
  await t.rejects(bare.send('a', use('echo')), { code, message: /Supervisor\.open was given no tools/ });
  t.equal(bare.stats().tools, undefined);
  t.match(await host.send('a', use('echo', 1)), { value: 1 });
});

t.test('arguments that cannot be copied, or are too large, are refused in the agent', async (t) => {
  const host = await open(t, { maxMessageMb: 0.01 });
  await host.send('a', { do: 'keep', tool: 'echo' });
  await host.send('a', { do: 'note', what: 'x'.repeat(6_000) });
  await host.send('a', { do: 'note', what: 'y'.repeat(6_000) });
  await t.rejects(host.send('a', { do: 'useNoted' }), { code: 'ERR_DROWSE_MESSAGE_TOO_LARGE' });
  t.equal(host.stats().tools?.calls, 0);
});

t.test('a turn reads the stream of a tool, leaves it, and hands it on', async (t) => {
  const host = await open(t);
  const all = { do: 'read', tool: 'count', args: [200], atMost: 1_000 };
  const { chunks, reply } = await host.send<{ chunks: unknown[]; reply: unknown }>('a', all);
  t.equal(chunks.length, 200);
  t.equal(reply, 'counted');
  const trace = traceFile(t);
  t.same(await host.send('a', { ...all, args: [10_000, trace], atMost: 3 }), { chunks: [1, 2, 3] });
  await eventually('the generator has ended', () => readFileSync(trace, 'utf8').endsWith('finally'));
  const stream = host.stream('a', { do: 'relay', tool: 'count', args: [100] });
  t.equal((await read(stream)).chunks.length, 100);
  t.equal(await stream.reply, 'counted');
  const broken = await read(host.stream('a', { do: 'relay', tool: 'breakOff', args: [] }));
  t.match(broken, { chunks: ['a'], error: { message: 'broken off' } });
});

t.test('a reader that leaves ends the turn, and with it the tool', async (t) => {
  const host = await open(t);
  const trace = traceFile(t);
  const stream = host.stream('a', { do: 'relay', tool: 'count', args: [10_000, trace] });
  t.equal(await readFirst(stream), 1);
  await eventually('the generator has ended', () => readFileSync(trace, 'utf8').endsWith('finally'));
  t.match(host.stats(), { tools: { failed: 0 } });
});

t.test('a turn that is cancelled cancels the tools that it has called', async (t) => {
  const host = await open(t);
  const trace = traceFile(t);
  const controller = new AbortController();
  const sent = host.send('a', use('heed', trace), { signal: controller.signal });
  await eventually('the tool runs', () => readFileSync(trace, 'utf8') !== '');
  controller.abort();
  await t.rejects(sent, { code: 'ERR_DROWSE_ABORTED' });
  await eventually('it was told', () => readFileSync(trace, 'utf8').includes('ERR_DROWSE_ABORTED'));
});

t.test('an agent that is deleted while a tool runs cancels it', async (t) => {
  const host = await open(t);
  const trace = traceFile(t);
  const sent = t.rejects(host.send('a', use('heed', trace)), { code: 'ERR_DROWSE_ABORTED' });
  await eventually('the tool runs', () => readFileSync(trace, 'utf8') !== '');
  await host.delete('a');
  await sent;
  await eventually('it was told', () => readFileSync(trace, 'utf8').includes('ERR_DROWSE_ABORTED'));
});

t.test(
  'a call of a tool leaves after all earlier turns are durable, and not where one cannot be written',
  async (t) => {
    const store = new HeldStore();
    const host = await open(t, { store });
    const noted = host.send('a', { do: 'note', what: 1 });
    const used = host.send('a', use('echo', 2));
    await eventually('the first turn waits to be written', () => store.held.length === 1);
    await eventually('the second runs', async () => (await host.inspect('a'))?.awake?.turnForMs !== undefined);
    t.equal(host.stats().tools?.calls, 0);
    store.held[0]?.fail();
    await t.rejects(noted, { code: 'ERR_DROWSE_STORE_FAILED' });
    await t.rejects(used, { code: 'ERR_DROWSE_STORE_FAILED' });
    t.equal(host.stats().tools?.calls, 0);
    store.release();
    t.match(await host.send('a', use('echo', 3)), { value: 3 });
  },
);

t.test('work that goes on behind its turn can call tools too', async (t) => {
  const host = await open(t);
  await host.send('a', { do: 'keep', tool: 'echo' });
  t.match(await host.send('a', { do: 'useKept' }), { agentId: 'tooling/a' });
});

t.test('a call that its turn has left behind goes on until the agent sleeps, and is cancelled then', async (t) => {
  const host = await open(t);
  const trace = traceFile(t);
  await host.send('a', { do: 'leave', tool: 'heed', args: [trace] });
  await eventually('the tool runs', () => readFileSync(trace, 'utf8') === 'begun ');
  await host.send('a', { do: 'note', what: 1 });
  t.equal(readFileSync(trace, 'utf8'), 'begun ');
  await host.passivate('a');
  await eventually('it was told', () => readFileSync(trace, 'utf8').includes('ERR_DROWSE_ABORTED'));
  await eventually('its place is free', () => host.stats().tools?.running === 0);
});

t.test('a host whose tools cannot be loaded is not opened, and leaves the store to the next', async (t) => {
  const directory = `${testFolder(t)}/data`;
  const broken = open(t, { directory, tools: fixture('no-such-module') });
  await t.rejects(broken, { code: 'ERR_DROWSE_INVALID_OPTIONS', message: /no-such-module/ });
  await t.rejects(open(t, { directory, tools: { module: '' } }), { message: /tools\.module must be a path or URL/ });
  const host = await open(t, { directory });
  t.match(await host.send('a', use('echo', 1)), { value: 1 });
});

t.test('a host that is closed waits for the tools of its turns, and ends their threads', async (t) => {
  const host = await open(t);
  const trace = traceFile(t);
  const sent = host.send('a', use('pause', 100, trace));
  await eventually('the tool runs', () => readFileSync(trace, 'utf8') !== '');
  await host.close();
  t.equal(await sent, 'paused');
  t.equal(host.stats().tools?.threads, 0);
});
