import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';

const root = join(import.meta.dirname, '../..');

t.test('the program in docs/messages.md prints what the page says', async (t) => {
  const page = readFileSync(join(root, 'docs/messages.md'), 'utf8');
  const project = t.testdir({ 'package.json': '{ "type": "module" }' });
  const blocks = [...page.matchAll(/```js\n\/\/ (\S+)\n(.*?)```/gs)];
  t.same(
    blocks.map(([, file]) => file),
    ['order.js', 'ledger.js', 'host.js'],
  );
  for (const [, file = '', code = ''] of blocks) writeFileSync(join(project, file), code);
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(root, join(project, 'node_modules/drowse'));
  const { stdout } = await promisify(execFile)(process.execPath, ['host.js'], { cwd: project });
  t.equal(stdout, /```text\n(.*?)```/s.exec(page)?.[1]);
});
