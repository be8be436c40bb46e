import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { commitContained } from './commit-contained.ts';
import { CONTAINED, UNCONTAINED } from './fault-list.ts';
import { FaultMatrix, type Row } from './fault-matrix.ts';
import { withTable } from './fault-table.ts';

const PAGE = new URL('../../docs/isolation.md', import.meta.url);

const matrix = new FaultMatrix(t.testdir(), 20);
t.teardown(() => matrix.end());
const rows: Row[] = [];

for (const fault of CONTAINED) {
  t.test(`${fault.name}: the agent's alone`, async (t) => {
    rows.push(await commitContained(t, matrix, fault));
  });
}

for (const fault of UNCONTAINED) {
  t.test(`${fault.name}: not the agent's alone, but nothing committed is lost`, async (t) => {
    // Earlier ones leave threads behind.
    await matrix.end();
    const row = await matrix.commit(fault);
    rows.push(row);
    t.ok(row.kept, 'what the agent had committed is there, and nothing else');
    t.ok(row.served, 'it serves again, if need be in the next host');
    t.comment(`host: ${row.host}, ${row.answered} bystanders answer, its caller is told: ${row.told}`);
  });
}

t.test('docs/isolation.md lists these faults', async (t) => {
  const page = readFileSync(PAGE, 'utf8');
  if (process.env.WRITE === '1') writeFileSync(PAGE, withTable(page, rows));
  const faults = (text: string) => text.split('\n').flatMap((line) => /^\| (.+?) \| /.exec(line)?.[1] ?? []);
  t.same(faults(readFileSync(PAGE, 'utf8')), faults(withTable(page, rows)));
});
