import { readFileSync } from 'node:fs';
import t from 'tap';
import { eventually } from '../../eventually.ts';
import { traceFile } from '../reading.ts';
import { openTools } from './open-tools.ts';

t.test('a tool that yields streams its chunks in order, and then its value', async (t) => {
  const { stream } = await openTools(t);
  for (const tool of ['count', 'stream']) {
    const chunks: unknown[] = [];
    const { reply } = stream(tool, [3], (chunk) => chunks.push(chunk));
    const value = await reply;
    t.same(chunks, [1, 2, 3]);
    t.ok(value === 'counted' || typeof value === 'number');
  }
});

t.test(
  'a tool that returns a generator, and is none, is refused with what to do: its chunks would be lost',
  async (t) => {
    const { pool, call } = await openTools(t, { cpuThreads: 1 });
    t.equal(pool.kinds.countComputing, 'call');
    const trace = traceFile(t);
    const message = /^Tool countComputing returned an async generator, .*`async function\*`.* Declare it as one\.$/;
    await t.rejects(call('countComputing', 3, trace), { message });
    t.equal(readFileSync(trace, 'utf8'), '', 'it has not begun');
  },
);

t.test('one that throws has its chunks read before', async (t) => {
  const { stream } = await openTools(t);
  const chunks: unknown[] = [];
  const { reply } = stream('breakOff', [], (chunk) => chunks.push(chunk));
  await t.rejects(reply, { message: 'broken off' });
  t.same(chunks, ['a']);
});

t.test('a tool waits for a reader that is 64 chunks, or 1 MiB, behind', async (t) => {
  const { call, stream } = await openTools(t);
  for (const [tool, args, ahead] of [
    ['count', [200], 64],
    ['fat', [2 ** 19], 2],
  ] as const) {
    const trace = traceFile(t);
    let read = 0;
    const controller = new AbortController();
    const { reply, read: tell } = stream(tool, [...args, trace], () => (read += 1), controller.signal);
    await eventually('it is ahead', () => read === ahead);
    await call('echo');
    t.equal(read, ahead);
    tell(1);
    await eventually('it goes on', () => read === ahead + 1);
    await call('echo');
    t.equal(readFileSync(trace, 'utf8').length, ahead + 1);
    controller.abort();
    await t.rejects(reply, { code: 'ERR_DROWSE_ABORTED' });
  }
});

t.test('a stream that is left ends its generator, which cleans up, and no chunk comes any more', async (t) => {
  const { stream } = await openTools(t);
  for (const tool of ['count', 'countComputing']) {
    const trace = traceFile(t);
    const controller = new AbortController();
    let read = 0;
    const onChunk = () => {
      read += 1;
      if (read === 64) controller.abort();
    };
    const { reply } = stream(tool, [1_000, trace], onChunk, controller.signal);
    await t.rejects(reply, { code: 'ERR_DROWSE_ABORTED' });
    await eventually('its finally has run', () => readFileSync(trace, 'utf8').endsWith('finally'));
    t.equal(read, 64);
  }
});
