import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { testFolder } from '../../test-folder.ts';
import { drowse, ROOT } from '../drowse.ts';

const run = promisify(execFile);

const json = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

t.test('the machine is looked at, check by check, and what it comes to is said last', async (t) => {
  const directory = testFolder(t);
  const shown = await drowse(['doctor', '--directory', directory]);
  t.equal(shown.stderr, '');
  t.match(shown.stdout, new RegExp(`^ok    node +${process.versions.node}$`, 'm'));
  t.match(shown.stdout, /\nSome [\d,]+ small agents can be awake at once, bounded by \w+/);
  const { status, stdout } = await drowse(['doctor', '--json', '--directory', directory]);
  const checks = json(stdout);
  const { agents, boundBy, bad } = checks.pop();
  t.equal(status, bad > 0 ? 1 : 0);
  t.equal(shown.status, status);
  for (const check of checks) t.match(check, { name: String, status: /^(ok|warn|bad)$/, found: String });
  t.equal(checks.find(({ name }) => name === boundBy).agents, agents);
  t.equal(Math.min(...checks.map(({ agents = Number.POSITIVE_INFINITY }) => agents)), agents);
});

t.test('a real ulimit is found, is bad, and is the status', async (t) => {
  const doctor = `ulimit -n 256; exec '${process.execPath}' '${join(ROOT, 'dist/cli/drowse.js')}' doctor --json`;
  const failed = await run('bash', ['-c', doctor], { cwd: testFolder(t), env: {} }).catch((error) => error);
  t.equal(failed.code, 1);
  const checks = json(failed.stdout);
  t.match(checks.at(-1), { agents: 38, boundBy: 'descriptors' });
  t.match(
    checks.find(({ name }) => name === 'descriptors'),
    { status: 'bad', found: /^ulimit -n is 256/, agents: 38, remedy: /ulimit -n 65536/ },
  );
});

t.test('what is for a store is not for the machine', async (t) => {
  t.match(await drowse(['doctor', '--repair']), { status: 2, stdout: '', stderr: /--store/ });
  t.match(await drowse(['doctor', '--directory', '.', '--store', '.']), { status: 2, stdout: '', stderr: /--store/ });
});
