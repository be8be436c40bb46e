import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { eventually } from '../../eventually.ts';
import { testFolder } from '../../test-folder.ts';
import { traceFile } from '../reading.ts';
import { openTools } from './open-tools.ts';

const guards = { heartbeatIntervalMs: 20, hangTimeoutMs: 200, abortGraceMs: 50 };

const ENDS: Array<[tool: string, how: RegExp]> = [
  ['exit', /worker exited with code: 3/],
  ['throwLater', /thrown later/],
  ['loop', /its event loop was blocked for \d+ ms, at \w+ \(file:\S+tools\.ts:\d+\)/],
  ['hoard', /it held \d+ MiB .*maxHeapMb allows 64/],
];

for (const [tool, how] of ENDS) {
  t.test(
    `${tool}: an I/O-bound tool that ends the thread fails all calls in it, each by its name, and the next find another`,
    async (t) => {
      const trace = traceFile(t);
      const { pool, call } = await openTools(t, { maxHeapMb: 64 }, guards);
      const others = [call('heed', trace), call('ignore', trace)];
      await eventually('they run', () => readFileSync(trace, 'utf8').match(/begun/g)?.length === 2);
      const error = (await call(tool).catch((error) => error)) as Error;
      t.match(error, { code: 'ERR_DROWSE_TOOL_FAILED', retryable: true, message: how, cause: { message: how } });
      t.ok(error.message.startsWith(`Tool ${tool} `), error.message);
      await t.rejects(others[0] as Promise<unknown>, { code: 'ERR_DROWSE_TOOL_FAILED', message: /^Tool heed / });
      await t.rejects(others[1] as Promise<unknown>, { code: 'ERR_DROWSE_TOOL_FAILED', message: /^Tool ignore / });
      t.match(await call('echo', 1), { value: 1 });
      await eventually('the thread is gone', () => pool.stats.threads === 1);
      t.match(pool.stats, { calls: 4, failed: 3 });
    },
  );
}

t.test(
  'an I/O-bound tool in a native call is given up after hangTimeoutMs, though its thread cannot be ended',
  async (t) => {
    const folder = testFolder(t);
    const fifo = `${folder}/fifo`;
    execFileSync('mkfifo', [fifo]);
    const { pool, call } = await openTools(t, {}, guards);
    await t.rejects(call('readFrom', fifo), {
      code: 'ERR_DROWSE_TOOL_FAILED',
      message: /in a call that cannot be interrupted/,
    });
    t.match(await call('echo', 1), { value: 1 });
    t.equal(pool.stats.threads, 2);
    writeFileSync(fifo, 'the end');
    await eventually('its thread is gone', () => pool.stats.threads === 1);
  },
);

t.test('a CPU-bound tool that ends its thread fails alone', async (t) => {
  const trace = traceFile(t);
  const { call } = await openTools(t, { cpuThreads: 2, maxHeapMb: 64 }, guards);
  const held = call('hold', trace);
  await eventually('it runs', () => readFileSync(trace, 'utf8').includes('begun'));
  const behind = [call('exitComputing'), call('hoardComputing'), call('compute', 1)];
  await t.rejects(behind[0] as Promise<unknown>, {
    code: 'ERR_DROWSE_TOOL_FAILED',
    message: /^Tool exitComputing .*code: 4/,
  });
  await t.rejects(behind[1] as Promise<unknown>, {
    code: 'ERR_DROWSE_TOOL_FAILED',
    message: /^Tool hoardComputing .*it held/,
  });
  t.match(await behind[2], { value: 1, kept: false });
  writeFileSync(trace, 'go on');
  await held;
});

t.test('a CPU-bound tool may keep its thread busy for longer than hangTimeoutMs', async (t) => {
  const { call } = await openTools(t, { cpuThreads: 1 }, guards);
  t.equal(await call('blockComputing', 600), 'blocked');
});

t.test('a thread that cannot start fails its calls, and the next find another', async (t) => {
  const folder = testFolder(t, { 'first.mjs': '' });
  const first = `${folder}/first.mjs`;
  const { NODE_OPTIONS } = process.env;
  process.env.NODE_OPTIONS = `--import=file://${first}`;
  t.teardown(() => {
    if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = NODE_OPTIONS;
  });
  const { call } = await openTools(t, { env: ['NODE_OPTIONS'], cpuThreads: 1 });
  rmSync(first);
  await t.rejects(Promise.all([1, 2].map((n) => call('compute', n))), {
    code: 'ERR_DROWSE_TOOL_FAILED',
    message: /^Tool compute failed with the thread in which it ran: .*first\.mjs/,
  });
  await t.rejects(call('exit'), { code: 'ERR_DROWSE_TOOL_FAILED' });
  await t.rejects(call('echo', 1), { code: 'ERR_DROWSE_TOOL_FAILED', message: /first\.mjs/ });
  const refused = { code: 'ERR_DROWSE_INVALID_OPTIONS', message: /cannot be used: .*first\.mjs/ };
  await t.rejects(openTools(t, { env: ['NODE_OPTIONS'] }), refused);
  process.env.NODE_OPTIONS = '--no-such-flag';
  await t.rejects(openTools(t, { env: ['NODE_OPTIONS'] }), { ...refused, message: /cannot be used: .*NODE_OPTIONS/ });
  writeFileSync(first, '');
  t.match(await call('compute', 1), { value: 1 });
  t.match(await call('echo', 1), { value: 1 });
});

t.test('an error in a thread that has no calls is logged, and the next call gets another', async (t) => {
  const lines: object[] = [];
  const warn = (fields: object) => void lines.push(fields);
  const { pool, call } = await openTools(t, {}, { log: { debug() {}, info() {}, warn, error() {} } });
  await call('plant');
  await eventually('the thread has ended', () => pool.stats.threads === 0);
  t.match(lines, [{ tools: true, err: { message: 'planted' } }]);
  t.match(await call('echo', 1), { value: 1 });
});

/** Tools whose module waits for what is said in a file beside it, or throws that, as it is loaded. */
function flaky(t: Test): { module: URL; say: (what: 'fine' | 'throw' | 'wait') => void } {
  const module = `
    import { readFileSync } from 'node:fs';
    import { cpuBound } from 'drowse/tools';
    const said = readFileSync(new URL('./said', import.meta.url), 'utf8');
    if (said === 'throw') throw new Error('the service is down');
    if (said === 'wait') await new Promise(() => setInterval(() => {}, 1_000));
    export const exit = () => process.exit(3);
    export const echo = (value) => value;
    export const compute = cpuBound((value) => value);
    export const exitComputing = cpuBound(() => process.exit(4));`;
  const folder = testFolder(t, { 'tools.js': module, said: 'fine' });
  return { module: new URL(`file://${folder}/tools.js`), say: (what) => writeFileSync(`${folder}/said`, what) };
}

for (const [exit, echo] of [
  ['exit', 'echo'],
  ['exitComputing', 'compute'],
] as const) {
  t.test(`${echo}: a module that cannot be loaded again fails its calls, and is there once it can`, async (t) => {
    const { module, say } = flaky(t);
    const { call } = await openTools(t, { module, cpuThreads: 1 });
    t.equal(await call(echo, 1), 1);
    say('throw');
    await t.rejects(call(exit), { code: 'ERR_DROWSE_TOOL_FAILED' });
    const failed = { code: 'ERR_DROWSE_TOOL_FAILED', message: /the service is down/ };
    await t.rejects(call(echo, 2), failed);
    await t.rejects(call(echo, 3), failed);
    say('fine');
    t.equal(await call(echo, 4), 4);
  });

  t.test(`${echo}: a module that does not finish loading again is given up, and so are its calls`, async (t) => {
    const { module, say } = flaky(t);
    const { pool, call, callFor } = await openTools(t, { module, cpuThreads: 1 }, { startTimeoutMs: 2_000 });
    say('wait');
    await t.rejects(call(exit), { code: 'ERR_DROWSE_TOOL_FAILED' });
    const controller = new AbortController();
    const cancelled = callFor(controller.signal, echo, 1);
    await t.rejects(call(echo, 2), {
      code: 'ERR_DROWSE_TOOL_FAILED',
      message: /longer than startTimeoutMs \(2000 ms\)/,
    });
    controller.abort();
    say('fine');
    t.equal(await call(echo, 3), 3);
    await t.rejects(cancelled);
    await eventually('no call is left', () => pool.stats.running === 0);
  });
}

t.test('a call that is cancelled while the module is loaded again gives its place back', async (t) => {
  const { module, say } = flaky(t);
  const { pool, call, callFor } = await openTools(t, { module });
  say('wait');
  await t.rejects(call('exit'), { code: 'ERR_DROWSE_TOOL_FAILED' });
  const controller = new AbortController();
  const cancelled = callFor(controller.signal, 'echo', 1);
  t.equal(pool.stats.running, 1);
  controller.abort();
  await t.rejects(cancelled, { code: 'ERR_DROWSE_ABORTED' });
  await eventually('no call is left', () => pool.stats.running === 0);
});

t.test('a pool is closed though a thread ends with an error just then', async (t) => {
  const trace = traceFile(t);
  const { pool, call } = await openTools(t);
  const dying = call('die', trace);
  // Nothing of it is heard here before the pool is closed.
  while (readFileSync(trace, 'utf8') !== 'dying');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  await pool.close();
  await t.rejects(dying, { code: 'ERR_DROWSE_CLOSED' });
});
