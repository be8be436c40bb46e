import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';

const run = promisify(execFile);
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
const consumer = join(import.meta.dirname, '../fixtures/consumer');

/** What the compiler has against a project. It does not start under tap's loaders, which every spawn puts into NODE_OPTIONS. */
async function complaints(project: string): Promise<string> {
  const command = ['-u', 'NODE_OPTIONS', process.execPath, tsc, '-p', project];
  const { stdout, stderr } = await run('env', command).catch((error) => error);
  return stdout + stderr;
}

t.test(
  "a project has its agents' types: messages, replies, chunks, states; what is wrong does not compile",
  async (t) => {
    t.equal(await complaints(consumer), '');
  },
);

t.test('the program in docs/types.md compiles, and prints what the page says', async (t) => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/types.md'), 'utf8');
  const project = t.testdir({ 'tsconfig.json': readFileSync(join(consumer, 'tsconfig.json'), 'utf8') });
  const blocks = [...page.matchAll(/```ts\n\/\/ (\S+)\n(.*?)```/gs)];
  t.same(
    blocks.map(([, file]) => file),
    ['chat.ts', 'host.ts'],
  );
  for (const [, file = '', code = ''] of blocks) writeFileSync(join(project, file), code);
  t.equal(await complaints(project), '');
  const { stdout } = await run(process.execPath, ['host.ts'], { cwd: project });
  t.equal(stdout, /```text\n(.*?)```/s.exec(page)?.[1]);
});
