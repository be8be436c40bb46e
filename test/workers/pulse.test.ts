import { Worker } from 'node:worker_threads';
import t from 'tap';
import { Pulse } from '../../workers/pulse.ts';

t.test('a pulse that was never written to says so', async (t) => {
  t.match(new Pulse(), { lastBeat: 0, begun: 0, runningSince: undefined });
});

t.test('a turn runs from its begin to its end', async (t) => {
  const pulse = new Pulse();
  const before = Date.now();
  pulse.begin(1);
  const since = pulse.runningSince ?? 0;
  t.ok(since >= before && since <= Date.now());
  t.equal(pulse.begun, 1);
  pulse.end(1);
  t.equal(pulse.runningSince, undefined);
  t.equal(pulse.begun, 1, 'the last that began');
  pulse.begin(7);
  t.equal(pulse.begun, 7);
  t.ok(pulse.runningSince);
});

t.test('a beat is the time of day', async (t) => {
  const pulse = new Pulse();
  const before = Date.now();
  pulse.beat();
  t.ok(pulse.lastBeat >= before && pulse.lastBeat <= Date.now());
});

t.test('what a thread writes is read by another that shares its cells', async (t) => {
  const mine = new Pulse();
  const module = new URL('../../workers/pulse.ts', import.meta.url).href;
  const code = `
    const { workerData } = require('node:worker_threads');
    import(workerData.module).then(({ Pulse }) => {
      const pulse = new Pulse(workerData.cells);
      pulse.beat();
      pulse.begin(2 ** 40 + 1);
    });`;
  const worker = new Worker(code, { eval: true, execArgv: [], workerData: { module, cells: mine.buffer } });
  await new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
  t.ok(mine.lastBeat > 0);
  t.equal(mine.begun, 2 ** 40 + 1, 'beyond 32 bits, too');
  t.ok(mine.runningSince);
});
