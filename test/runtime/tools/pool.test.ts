import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { eventually } from '../../eventually.ts';
import { fixture } from '../../host.ts';
import { testFolder } from '../../test-folder.ts';
import { traceFile } from '../reading.ts';
import { openTools } from './open-tools.ts';

t.test('a tool gets its arguments and the context, and what it returns is the reply', async (t) => {
  const { call } = await openTools(t);
  const value = { text: 'ä', date: new Date(5), map: new Map([[1, new Uint8Array([1, 2])]]) };
  t.match(await call('echo', value), { value, agentId: 'test/a' });
  t.equal(await call('given', 1, 2, 3), 3);
  t.same(await call('pair', 1), [1, undefined, 'test/a'], 'what is left out is undefined');
});

t.test('what is exported and can be called is a tool, described by how it answers', async (t) => {
  const { pool, call } = await openTools(t);
  t.match(pool.kinds, { echo: 'call', count: 'stream', compute: 'call', stream: 'stream' });
  t.notOk('notATool' in pool.kinds);
  for (const name of ['notATool', 'toString', '__proto__'])
    await t.rejects(call(name), {
      code: 'ERR_DROWSE_UNKNOWN_TOOL',
      message: /^There is no tool ".+"; there are: .*echo/,
    });
});

t.test('the module is loaded once for all I/O-bound tools, and once for each thread of the others', async (t) => {
  const loads = traceFile(t);
  process.env.TOOLS_LOADS = loads;
  const { call } = await openTools(t, { env: ['TOOLS_LOADS'], cpuThreads: 1 });
  await Promise.all(Array.from({ length: 100 }, (_, n) => call('echo', n)));
  t.equal(readFileSync(loads, 'utf8').split('\n').length - 1, 1);
  await Promise.all(Array.from({ length: 10 }, (_, n) => call('compute', n)));
  t.equal(readFileSync(loads, 'utf8').split('\n').length - 1, 2);
});

t.test('tools see the variables that are named, and no others', async (t) => {
  process.env.TOOLS_SEEN = 'seen';
  process.env.TOOLS_HIDDEN = 'hidden';
  const { call } = await openTools(t, { env: ['TOOLS_SEEN', 'TOOLS_MISSING'] });
  t.strictSame(await call('environment'), { TOOLS_SEEN: 'seen' });
});

t.test('what a tool throws reaches the caller with its name, message, stack and properties', async (t) => {
  const { pool, call } = await openTools(t);
  const error = (await call('fail', 'error').catch((error) => error)) as Error;
  t.match(error, {
    name: 'RangeError',
    message: 'out of reach',
    status: 429,
    headers: { a: 1 },
    cause: { message: 'the cause' },
  });
  t.match(error.stack, /fixtures\/tools\.ts/);
  await t.rejects(call('fail', 'text'), { message: 'a text' });
  t.match(pool.stats, { calls: 2, failed: 2 });
});

t.test('what cannot be copied, or is too large, is refused by name', async (t) => {
  const { call, stream } = await openTools(t, {}, { maxMessageMb: 0.01 });
  await t.rejects(call('uncopied'), { code: 'ERR_DROWSE_NOT_SERIALIZABLE', message: /^result\.a\.b / });
  await t.rejects(call('large', 20_000), {
    code: 'ERR_DROWSE_MESSAGE_TOO_LARGE',
    message: /^The result of tool large has \d+ bytes/,
  });
  const { reply } = stream('fat', [20_000, traceFile(t)], () => t.fail('a chunk'));
  await t.rejects(reply, { code: 'ERR_DROWSE_MESSAGE_TOO_LARGE', message: /^A chunk of tool fat / });
});

t.test('many I/O-bound calls run at a time; more than 256 wait, and beyond maxQueue they are refused', async (t) => {
  const { pool, call } = await openTools(t, { maxQueue: 44 });
  const calls = Array.from({ length: 300 }, () => call('most', 256));
  t.match(pool.stats, { running: 256, waiting: 44 });
  await t.rejects(call('most', 256), {
    code: 'ERR_DROWSE_OVERLOADED',
    retryable: true,
    message: /^44 calls of I\/O-bound tools wait.*tools\.maxQueue/,
  });
  t.equal(Math.max(...((await Promise.all(calls)) as number[])), 256);
  await eventually('all are over', () => pool.stats.running === 0);
  t.match(pool.stats, { waiting: 0, calls: 301, failed: 1 });
});

t.test('CPU-bound calls have a thread each, and hold up no I/O-bound ones', async (t) => {
  const trace = traceFile(t);
  const { pool, call } = await openTools(t, { cpuThreads: 2 });
  t.equal(pool.stats.threads, 1, 'none is made ahead of need');
  const held = [call('hold', trace), call('hold', trace)];
  await eventually('both run', () => readFileSync(trace, 'utf8').match(/begun/g)?.length === 2);
  const behind = call('compute', 1);
  t.match(pool.stats, { threads: 3, running: 2, waiting: 1 });
  t.match(await call('echo', 1), { value: 1 });
  writeFileSync(trace, 'go on');
  const [one, other] = await Promise.all(held);
  t.not(one, other);
  t.match(await behind, { value: 1 });
});

t.test('CPU-bound calls that wait for a thread have it in the order in which they came', async (t) => {
  const { call } = await openTools(t, { cpuThreads: 1 });
  const order: unknown[] = [];
  await Promise.all([1, 2, 3, 4].map((n) => call('compute', n).then(() => order.push(n))));
  t.same(order, [1, 2, 3, 4]);
});

t.test('a host that has no CPU-bound call has one thread for its tools', async (t) => {
  const { pool, call } = await openTools(t);
  await call('echo', 1);
  await eventually('it is over', () => pool.stats.running === 0);
  t.strictSame(pool.stats, { threads: 1, running: 0, waiting: 0, calls: 1, failed: 0 });
});

t.test('what tools write is in the log, tagged, and nowhere else', async (t) => {
  const lines: Array<{ fields: object; text: string }> = [];
  const info = (fields: object, text: string) => void lines.push({ fields, text });
  const { call } = await openTools(t, {}, { log: { debug() {}, info, warn() {}, error() {} } });
  const write = process.stdout.write.bind(process.stdout);
  const written: unknown[] = [];
  process.stdout.write = (...args) => {
    written.push(args[0]);
    return Reflect.apply(write, undefined, args);
  };
  t.teardown(() => {
    process.stdout.write = write;
  });
  await call('say', 'hello');
  await eventually('both lines are there', () => lines.length === 2);
  t.notOk(written.some((text) => String(text).includes('hello')));
  lines.sort((a, b) => a.text.localeCompare(b.text));
  t.strictSame(lines, [
    { fields: { tools: true, stream: 'stdout' }, text: 'hello' },
    { fields: { tools: true, stream: 'stderr' }, text: 'not hello' },
  ]);
});

t.test('a module that cannot be loaded, or exports no function, is refused with its cause', async (t) => {
  const refused = async (module: URL, message: RegExp, options = {}) =>
    t.rejects(openTools(t, { module }, options), { code: 'ERR_DROWSE_INVALID_OPTIONS', message });
  await refused(
    fixture('no-such-module'),
    /^Invalid options: tools module file:.*no-such-module\.ts cannot be used: Cannot find/,
  );
  await refused(fixture('bad-at-load'), /bad-at-load\.ts cannot be used: /);
  const folder = testFolder(t, {
    'none.mjs': 'export const a = 1;',
    'never.mjs': 'await new Promise(() => {}); export function tool() {}',
    'exits.mjs': 'process.exit(7);',
    'loops.mjs': 'for (;;);',
  });
  const at = (name: string) => new URL(`file://${folder}/${name}`);
  await refused(at('none.mjs'), /none\.mjs cannot be used: it exports no function: write `export /);
  await refused(at('exits.mjs'), /exits\.mjs cannot be used: .*code: 7/);
  await refused(at('never.mjs'), /never\.mjs cannot be used: .*longer than startTimeoutMs \(100 ms\)/, {
    startTimeoutMs: 100,
  });
  const hangs = { heartbeatIntervalMs: 20, hangTimeoutMs: 200 };
  await refused(at('loops.mjs'), /loops\.mjs cannot be used: its event loop was blocked for \d+ ms, /, hangs);
});

t.test('calls that run or wait as the pool is closed are rejected, and later ones', async (t) => {
  const trace = traceFile(t);
  const { pool, call } = await openTools(t, { cpuThreads: 1 });
  const calls = [call('heed', trace), call('hold', trace), call('hold', trace), call('loopComputing', trace)];
  await eventually('they run', () => readFileSync(trace, 'utf8').match(/begun/g)?.length === 2);
  await pool.close();
  for (const reply of calls) await t.rejects(reply, { code: 'ERR_DROWSE_CLOSED' });
  await t.rejects(call('echo', 1), { code: 'ERR_DROWSE_CLOSED' });
  t.match(pool.stats, { threads: 0, running: 0, waiting: 0 });
});
