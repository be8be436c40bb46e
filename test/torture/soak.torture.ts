import { join } from 'node:path';
import t from 'tap';

const CYCLES = process.env.CYCLES ?? '2000';
/** As `drowse serve` and `drowse run` start a host. */
const FLAGS = process.versions.node.startsWith('26.') ? ['--no-memory-pool-share-memory-on-teardown'] : [];

t.spawn(
  process.execPath,
  [...FLAGS, '--expose-gc', join(import.meta.dirname, 'soak-run.ts')],
  { env: { ...process.env, CYCLES } },
  `a soak of ${CYCLES} cycles`,
);
