import { readFileSync, writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { testFolder } from '../test-folder.ts';
import { commitContained } from './commit-contained.ts';
import { CONTAINED, IN_PROCESS, UNCONTAINED } from './fault-list.ts';
import { FaultMatrix, type Isolation, type Row } from './fault-matrix.ts';
import { withTable } from './fault-table.ts';

const PAGE = new URL('../../docs/isolation.md', import.meta.url);

/** Which faults are the agent's alone. */
const ALONE = { thread: CONTAINED, process: [...CONTAINED, ...UNCONTAINED, ...IN_PROCESS] };

for (const isolation of ['thread', 'process'] as const) {
  t.test(`of an agent in a ${isolation}`, async (t) => {
    const matrix = new FaultMatrix(testFolder(t), 20, isolation);
    t.teardown(() => matrix.end());
    const rows: Row[] = [];
    for (const fault of ALONE[isolation]) {
      await t.test(`${fault.name}: the agent's alone`, async (t) => {
        rows.push(await commitContained(t, matrix, fault));
      });
    }
    for (const fault of isolation === 'thread' ? UNCONTAINED : []) {
      await t.test(`${fault.name}: not the agent's alone, but nothing committed is lost`, async (t) => {
        // Earlier ones leave threads behind.
        await matrix.end();
        const row = await matrix.commit(fault);
        rows.push(row);
        t.ok(row.kept, 'what the agent had committed is there, and nothing else');
        t.ok(row.served, 'it serves again, if need be in the next host');
        t.comment(`host: ${row.host}, ${row.answered} bystanders answer, its caller is told: ${row.told}`);
      });
    }
    await t.test('docs/isolation.md lists these faults', async (t) => mustBeListed(t, isolation, rows));
  });
}

function mustBeListed(t: Test, isolation: Isolation, rows: readonly Row[]): void {
  const before = readFileSync(PAGE, 'utf8');
  const after = withTable(before, isolation, rows);
  if (process.env.WRITE === '1') writeFileSync(PAGE, after);
  const faults = (text: string) => text.split('\n').flatMap((line) => /^\| (.+?) \| /.exec(line)?.[1] ?? []);
  t.same(faults(readFileSync(PAGE, 'utf8')), faults(after));
}
