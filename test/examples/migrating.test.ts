import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { programsOf, writeProgram, writePrograms } from '../programs.ts';
import { testFolder } from '../test-folder.ts';

const programs = programsOf('docs/migrating.md');
const FILES = ['before/manager.js', 'before/main.js', 'after/chat.js', 'after/main.js', 'after/resume.js'];

/** The programs of the page in a folder, and what runs them in it. */
function project(t: Test) {
  const folder = testFolder(t, {});
  writePrograms(programs, folder);
  /** Answers one text each; cut off, it is killed as soon as it has answered. */
  const talk = async (program: string, texts: readonly string[], cutOff = false): Promise<string[]> => {
    const code = programs.code.get(program) ?? '';
    const kill = "process.kill(process.pid, 'SIGKILL');\n";
    const file = cutOff ? program.replace('.js', '-cut-off.js') : program;
    if (cutOff) writeProgram(folder, file, code.replace(/^await (manager|supervisor)\.close/m, `${kill}$&`));
    const ran = promisify(execFile)(process.execPath, [file, ...texts], { cwd: folder });
    const { stdout } = await (cutOff ? ran.catch((error: { stdout: string }) => error) : ran);
    return stdout.split('\n').slice(0, -1);
  };
  return { talk };
}

t.test('the page has the programs', (t) => {
  t.same([...programs.code.keys()], FILES);
  t.end();
});

t.test('both hosts hold the same conversation, through an end that they saw coming', async (t) => {
  const { talk } = project(t);
  for (const program of ['before/main.js', 'after/main.js']) {
    t.same(await talk(program, ['hello', 'and?']), [
      'That makes 1; the first was "hello".',
      'That makes 2; the first was "hello".',
    ]);
    t.same(await talk(program, ['again']), ['That makes 3; the first was "hello".']);
  }
});

t.test('killed, the one has lost what it had answered, and the other has not', async (t) => {
  const { talk } = project(t);
  t.same(await talk('before/main.js', ['hello'], true), ['That makes 1; the first was "hello".']);
  t.same(await talk('before/main.js', ['again']), ['That makes 1; the first was "again".']);
  t.same(await talk('after/main.js', ['hello'], true), ['That makes 1; the first was "hello".']);
  t.same(await talk('after/main.js', ['again']), ['That makes 2; the first was "hello".']);
});

t.test('sessions are taken along, once', async (t) => {
  const { talk } = project(t);
  await talk('before/main.js', ['hello']);
  await talk('after/resume.js', []);
  t.same(await talk('after/main.js', ['again']), ['That makes 2; the first was "hello".']);
  await talk('after/resume.js', []);
  t.same(await talk('after/main.js', ['still there?']), ['That makes 3; the first was "hello".']);
});

t.test('taken along again after the old host went on, a session stays as it was taken first', async (t) => {
  const { talk } = project(t);
  await talk('before/main.js', ['hello']);
  await talk('after/resume.js', []);
  await talk('before/main.js', ['not yet']);
  await talk('after/resume.js', []);
  t.same(await talk('after/main.js', ['again']), ['That makes 2; the first was "hello".']);
});
