import { join } from 'node:path';
import t from 'tap';

// What `npm run torture` does 2,000 times.
t.spawn(
  process.execPath,
  [join(import.meta.dirname, 'torture/soak-run.ts')],
  { env: { ...process.env, CYCLES: '25' } },
  'sleeps and wakings, with faults among them, leave nothing behind',
);
