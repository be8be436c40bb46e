import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';

const root = join(import.meta.dirname, '../..');

t.test("docs/testing.md's agent and its tests run as the page says", async (t) => {
  const page = readFileSync(join(root, 'docs/testing.md'), 'utf8');
  const project = t.testdir({ 'package.json': '{ "type": "module" }' });
  const blocks = [...page.matchAll(/```js\n\/\/ (\S+)\n(.*?)```/gs)];
  t.same(
    blocks.map(([, file]) => file),
    ['reminder.js', 'reminder.test.js'],
  );
  for (const [, file = '', code = ''] of blocks) writeFileSync(join(project, file), code);
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(root, join(project, 'node_modules/drowse'));
  const options = { cwd: project, env: { PATH: process.env.PATH } };
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap'], options);
  t.match(stdout, /# pass 2\n# fail 0\n/);
});
