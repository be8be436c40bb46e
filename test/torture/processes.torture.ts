// Tests of the runtime once more, each agent in a process of its own. Left out are those that reach into the agent's thread,
// or count threads.
import { join } from 'node:path';
import t from 'tap';

const FILES = [
  'calls',
  'cancelling',
  'closing',
  'crashes',
  'dead-letters',
  'deleting',
  'deleting-alarms',
  'durability',
  'memory',
  'mixture',
  'poison',
  'quarantine',
];

for (const name of FILES) {
  const file = join(import.meta.dirname, `../runtime/${name}.test.ts`);
  t.spawn(process.execPath, [file], { env: { ...process.env, ISOLATION: 'process' } }, `${name}, in processes`);
}
