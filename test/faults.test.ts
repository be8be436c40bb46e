import t from 'tap';
import { testFolder } from './test-folder.ts';
import { commitContained } from './torture/commit-contained.ts';
import { CONTAINED } from './torture/fault-list.ts';
import { FaultMatrix } from './torture/fault-matrix.ts';

// Some of the faults that `npm run torture` commits.
const NAMES = ['a throw outside the turn', '`process.exit()`', 'an endless loop', 'a Map that grows', '10,000 timers'];

t.test(
  "an agent's fault is its own: the host is unharmed, all others answer, what was committed is kept",
  async (t) => {
    const matrix = new FaultMatrix(testFolder(t), 20, 'thread');
    t.teardown(() => matrix.end());
    const faults = CONTAINED.filter(({ name }) => NAMES.includes(name));
    t.equal(faults.length, NAMES.length);
    for (const fault of faults) await t.test(fault.name, async (t) => void (await commitContained(t, matrix, fault)));
  },
);
