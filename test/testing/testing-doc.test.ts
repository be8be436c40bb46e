import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import { programsOf, writePrograms } from '../programs.ts';
import { testFolder } from '../test-folder.ts';

t.test("docs/testing.md's agent and its tests run as the page says", async (t) => {
  const programs = programsOf('docs/testing.md');
  t.same([...programs.code.keys()], ['reminder.js', 'reminder.test.js']);
  const project = testFolder(t, {});
  writePrograms(programs, project);
  const options = { cwd: project, env: { PATH: process.env.PATH } };
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap'], options);
  t.match(stdout, /# pass 2\n# fail 0\n/);
});
