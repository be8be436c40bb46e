import type { Test } from 'tap';
import { ERROR_CODES } from '../../runtime/index.ts';
import type { Fault, FaultMatrix, Row } from './fault-matrix.ts';

/** Errors of the agent's own, which reach its caller as they were thrown. */
const OWN = ['TypeError', 'RangeError'];
const TOLD = ['a reply', 'nothing', ...OWN, ...Object.keys(ERROR_CODES)];

/** Commits a fault, and asserts that it is its agent's alone. */
export async function commitContained(t: Test, matrix: FaultMatrix, fault: Fault): Promise<Row> {
  const row = await matrix.commit(fault);
  t.equal(row.host, 'unharmed');
  t.equal(row.answered, matrix.bystanders, 'every bystander answers after it');
  t.same(row.wrong, [], 'and met no refusal, and no turn of its own that is lost or doubled');
  t.ok(row.kept, 'what the agent had committed is there, and nothing else');
  t.ok(row.served, 'it serves again');
  t.ok(TOLD.includes(row.told), `its caller is told: ${row.told}`);
  return row;
}
