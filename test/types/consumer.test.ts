import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { programsOf, writePrograms } from '../programs.ts';
import { testFolder } from '../test-folder.ts';

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
  const programs = programsOf('docs/types.md');
  t.same([...programs.code.keys()], ['chat.ts', 'host.ts']);
  const project = testFolder(t, { 'tsconfig.json': readFileSync(join(consumer, 'tsconfig.json'), 'utf8') });
  writePrograms(programs, project);
  t.equal(await complaints(project), '');
  const { stdout } = await run(process.execPath, ['host.ts'], { cwd: project });
  t.equal(stdout, programs.printed);
});
