// Whatever one agent does, the others keep answering, and its own committed state survives. docs/isolation.md holds the table
// that this prints; WRITE=1 writes it there.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { eventually } from '../eventually.ts';
import { FAULTS } from '../fixtures/faulty.ts';
import { fixture, openHost } from '../host.ts';
import { Bystanders } from './bystanders.ts';

/** What the caller of a fault is told, where it is told of a failure. */
const CODES: Readonly<Record<string, string>> = {
  'a throw': 'Error',
  'an asynchronous throw': 'ERR_DROWSE_AGENT_CRASHED',
  'an unhandled rejection': 'ERR_DROWSE_AGENT_CRASHED',
  'process.exit()': 'ERR_DROWSE_AGENT_CRASHED',
  'while (true)': 'ERR_DROWSE_AGENT_HUNG',
  'a runaway regular expression': 'ERR_DROWSE_AGENT_HUNG',
  'Atomics.wait()': 'ERR_DROWSE_AGENT_HUNG',
  'a stack overflow': 'RangeError',
  'a heap of objects': 'ERR_DROWSE_AGENT_OUT_OF_MEMORY',
  'a heap of arrays': 'ERR_DROWSE_AGENT_OUT_OF_MEMORY',
  'a Map that grows': 'ERR_DROWSE_AGENT_OUT_OF_MEMORY',
  'a Set that grows': 'ERR_DROWSE_AGENT_OUT_OF_MEMORY',
  'strings that grow': 'ERR_DROWSE_AGENT_OUT_OF_MEMORY',
  'split() in a loop': 'ERR_DROWSE_AGENT_OUT_OF_MEMORY',
  'structuredClone() in a loop': 'ERR_DROWSE_AGENT_OUT_OF_MEMORY',
  'JSON.parse() in a loop': 'ERR_DROWSE_AGENT_OUT_OF_MEMORY',
  'a heap of Buffers': 'ERR_DROWSE_AGENT_OUT_OF_MEMORY',
  'a reply of 200 MB': 'ERR_DROWSE_MESSAGE_TOO_LARGE',
  'a reply that cannot be copied': 'ERR_DROWSE_NOT_SERIALIZABLE',
  'pbkdf2Sync() for seconds': 'ERR_DROWSE_AGENT_HUNG',
  'execSync() for seconds': 'ERR_DROWSE_AGENT_HUNG',
};

const rows: string[] = [];

for (const fault of Object.keys(FAULTS)) {
  t.test(`${fault}: the others keep answering, and what the agent had committed is kept`, async (t) => {
    // Such a reply is refused for its size where there is room to encode it.
    const maxHeapMb = fault === 'a reply of 200 MB' ? 1_024 : 64;
    const host = await openHost(t, {
      agents: { faulty: { module: fixture('faulty'), maxHeapMb }, probe: fixture('probe') },
      heartbeatIntervalMs: 100,
      hangTimeoutMs: 3_000,
    });
    const bystanders = await Bystanders.call(host, 20);
    t.equal(await host.send('faulty/a', undefined), 1);
    const told = await host.send('faulty/a', fault).then(
      () => 'its reply',
      ({ code, name }: Error & { code?: string }) => code ?? name,
    );
    const toldAt = performance.now();
    t.equal(told, CODES[fault] ?? 'its reply');
    const count = await host.send('faulty/a', undefined);
    const backMs = performance.now() - toldAt;
    t.equal(count, told === 'its reply' ? 3 : 2, 'the turns that committed count, and no other');
    await bystanders.allAnswerOnceMore();
    const { wrong, worstMs } = await bystanders.stop();
    t.same(wrong, [], 'nothing was refused to the others');
    await eventually('nothing is left of it', () => host.stats().workers.zombies === 0);
    rows.push(
      `| ${fault} | ${told.replace('ERR_DROWSE_', '')} | ${Math.round(backMs)} ms | ${Math.round(worstMs)} ms |`,
    );
  });
}

t.test('the table', async (t) => {
  const head =
    '| fault | its caller is told | the agent serves again after | slowest answer of the others |\n|---|---|---|---|';
  const table = [head, ...rows].join('\n');
  t.comment(table);
  t.equal(rows.length, Object.keys(FAULTS).length);
  const path = join(import.meta.dirname, '../../docs/isolation.md');
  if (process.env.WRITE !== '1') return;
  writeFileSync(path, readFileSync(path, 'utf8').replace(/\| fault \|[\s\S]*?\n(?=\n)/, `${table}\n`));
});
