// Tests of the runtime once more: each agent in a process of its own, or in a worker made before. Left out are those that reach
// into the agent's thread, or count threads.
import { join } from 'node:path';
import t from 'tap';

function again(how: string, env: Record<string, string>, files: readonly string[]): void {
  for (const name of files) {
    const file = join(import.meta.dirname, `../runtime/${name}.test.ts`);
    t.spawn(process.execPath, [file], { env: { ...process.env, ...env } }, `${name}, ${how}`);
  }
}

const FILES = [
  'calls',
  'cancelling',
  'closing',
  'deleting-alarms',
  'memory',
  'mixture',
  'poison',
  'relaying',
  'streams',
];

again('in processes', { ISOLATION: 'process' }, [
  ...FILES,
  'crashes',
  'dead-letters',
  'deleting',
  'durability',
  'quarantine',
]);
again('in spares', { SPARES: '2' }, [...FILES, 'forging', 'telling', 'turns']);
again('in spare processes', { ISOLATION: 'process', SPARES: '1' }, ['calls', 'cancelling', 'closing']);
