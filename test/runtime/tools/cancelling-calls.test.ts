import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { eventually } from '../../eventually.ts';
import { traceFile } from '../reading.ts';
import { openTools } from './open-tools.ts';

const guards = { abortGraceMs: 50 };

for (const [tool, other] of [
  ['heed', 'echo'],
  ['heedComputing', 'compute'],
] as const) {
  t.test(`${tool}: a call that is cancelled is answered at once; its tool is told, and the thread stays`, async (t) => {
    const trace = traceFile(t);
    const { pool, call, callFor } = await openTools(t, { cpuThreads: 1 });
    const { threadId } = (await call(other)) as { threadId: number };
    const controller = new AbortController();
    const reply = callFor(controller.signal, tool, trace);
    await eventually('it runs', () => readFileSync(trace, 'utf8') === 'begun ');
    controller.abort();
    await t.rejects(reply, { code: 'ERR_DROWSE_ABORTED' });
    await eventually('it was told', () => readFileSync(trace, 'utf8') === 'begun ERR_DROWSE_ABORTED ');
    t.match(await call(other), { threadId });
    t.match(pool.stats, { calls: 3, failed: 0 });
  });
}

t.test(
  'an I/O-bound tool that ignores its signal gives its place to others, and what it still does is dropped',
  async (t) => {
    const trace = traceFile(t);
    const { pool, call, callFor } = await openTools(t, {}, guards);
    const { threadId } = (await call('echo')) as { threadId: number };
    const controller = new AbortController();
    const ignoring = Array.from({ length: 256 }, () => callFor(controller.signal, 'ignore', trace));
    t.equal(pool.stats.running, 256);
    await eventually('all run', () => readFileSync(trace, 'utf8').match(/begun/g)?.length === 256);
    const next = call('echo', 'next');
    controller.abort();
    for (const reply of ignoring) await t.rejects(reply, { code: 'ERR_DROWSE_ABORTED' });
    t.match(await next, { value: 'next', threadId });
    writeFileSync(trace, 'go on');
    await eventually('all have ended', () => readFileSync(trace, 'utf8').match(/ended/g)?.length === 256);
    t.match(await call('echo'), { threadId });
  },
);

t.test(
  'a CPU-bound tool that ignores its signal loses its thread after abortGraceMs, and the next gets another',
  async (t) => {
    const trace = traceFile(t);
    const { pool, call, callFor } = await openTools(t, { cpuThreads: 1 }, guards);
    const controller = new AbortController();
    const looping = callFor(controller.signal, 'loopComputing', trace);
    await eventually('it runs', () => readFileSync(trace, 'utf8').includes('begun'));
    const next = [call('compute', 1), call('compute', 2)];
    controller.abort();
    await t.rejects(looping, { code: 'ERR_DROWSE_ABORTED' });
    t.equal(pool.stats.running, 1, 'the thread is not free yet');
    for (const reply of next) t.match(await reply, { kept: false });
    await eventually('its thread is gone', () => pool.stats.threads === 2);
  },
);

t.test('a call that is cancelled before it has a thread never runs', async (t) => {
  const trace = traceFile(t);
  const { pool, call, callFor } = await openTools(t, { cpuThreads: 1 });
  const held = call('hold', trace);
  const controller = new AbortController();
  const waiting = callFor(controller.signal, 'loopComputing', trace);
  t.match(pool.stats, { running: 1, waiting: 1 });
  controller.abort();
  await t.rejects(waiting, { code: 'ERR_DROWSE_ABORTED' });
  await t.rejects(callFor(controller.signal, 'loopComputing', trace), { code: 'ERR_DROWSE_ABORTED' });
  t.match(pool.stats, { running: 1, waiting: 0 });
  await eventually('the first runs', () => readFileSync(trace, 'utf8').includes('begun'));
  writeFileSync(trace, 'go on');
  await held;
  t.equal(readFileSync(trace, 'utf8'), 'go on');
});

t.test('a call that is cancelled while its thread starts never runs', async (t) => {
  const trace = traceFile(t);
  const { pool, callFor } = await openTools(t, { cpuThreads: 1 });
  const controller = new AbortController();
  const starting = callFor(controller.signal, 'hold', trace);
  t.match(pool.stats, { running: 1, waiting: 0 });
  controller.abort();
  await t.rejects(starting, { code: 'ERR_DROWSE_ABORTED' });
  await eventually('it is over', () => pool.stats.running === 0);
  t.equal(readFileSync(trace, 'utf8'), '');
  t.equal(pool.stats.threads, 2, 'and the thread stays');
});
