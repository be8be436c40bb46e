import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { ERROR_CODES } from '../../runtime/index.ts';
import { CONTAINED, UNCONTAINED } from './fault-list.ts';
import { FaultMatrix, type Row } from './fault-matrix.ts';
import { withTable } from './fault-table.ts';

const BYSTANDERS = 20;
/** Errors of the agent's own, which reach its caller as they were thrown. */
const OWN = ['TypeError', 'RangeError'];
const PAGE = new URL('../../docs/isolation.md', import.meta.url);

const matrix = new FaultMatrix(t.testdir(), BYSTANDERS);
t.teardown(() => matrix.close());
const rows: Row[] = [];

for (const fault of CONTAINED) {
  t.test(`${fault.name}: the agent's alone`, async (t) => {
    const row = await matrix.commit(fault);
    rows.push(row);
    t.equal(row.host, 'unharmed');
    t.equal(row.answered, BYSTANDERS, 'every bystander answers after it');
    t.same(row.wrong, [], 'and met no refusal, and no turn of its own that is lost or doubled');
    t.ok(row.kept, 'what the agent had committed is there, and nothing else');
    t.ok(row.servedAfterMs !== undefined, 'it serves again');
    t.ok(
      ['a reply', 'nothing', ...OWN, ...Object.keys(ERROR_CODES)].includes(row.told),
      `its caller is told: ${row.told}`,
    );
  });
}

for (const fault of UNCONTAINED) {
  t.test(`${fault.name}: not the agent's alone, but nothing committed is lost`, async (t) => {
    await matrix.restart();
    const row = await matrix.commit(fault);
    rows.push(row);
    t.ok(row.kept, 'what the agent had committed is there, and nothing else');
    t.ok(row.servedAfterMs !== undefined, 'it serves again, if need be in the next host');
    t.comment(`host: ${row.host}, ${row.answered} bystanders answer, its caller is told: ${row.told}`);
  });
}

t.test('docs/isolation.md lists these faults', async (t) => {
  const page = readFileSync(PAGE, 'utf8');
  if (process.env.WRITE === '1') writeFileSync(PAGE, withTable(page, rows));
  const names = (text: string) => text.split('\n').flatMap((line) => /^\| (.+?) \| /.exec(line)?.[1] ?? []);
  t.same(names(readFileSync(PAGE, 'utf8')), names(withTable(page, rows)));
});
