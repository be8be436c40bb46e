import { readFileSync } from 'node:fs';
import t from 'tap';
import { FREE_ENDED_THREADS } from '../../core/page-return.ts';

t.test('the bench runs with the flag that the launcher gives a host', async (t) => {
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  t.match(scripts.bench, ` ${FREE_ENDED_THREADS} `);
});
