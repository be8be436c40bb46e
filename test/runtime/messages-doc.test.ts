import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import { programsOf, writePrograms } from '../programs.ts';
import { testFolder } from '../test-folder.ts';

t.test('the program in docs/messages.md prints what the page says', async (t) => {
  const programs = programsOf('docs/messages.md');
  t.same([...programs.code.keys()], ['order.js', 'ledger.js', 'host.js']);
  const project = testFolder(t, {});
  writePrograms(programs, project);
  const { stdout } = await promisify(execFile)(process.execPath, ['host.js'], { cwd: project });
  t.equal(stdout, programs.printed);
});
