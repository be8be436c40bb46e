import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { eventually } from '../eventually.ts';
import { fixture } from '../host.ts';
import { testFolder } from '../test-folder.ts';
import { drowse, ROOT, startHost } from './drowse.ts';

async function open(t: Test) {
  const agents = ['streamer', 'probe'].flatMap((name) => ['--agent', `${name}=${fileURLToPath(fixture(name))}`]);
  const host = await startHost(t, testFolder(t, {}), { args: agents });
  const run = (message: unknown, ...flags: string[]) =>
    drowse(['send', 'streamer/ada', JSON.stringify(message), ...flags, '--url', host.url]);
  return { ...host, run };
}

t.test('what a turn yields is printed as it comes', async (t) => {
  const { run, url } = await open(t);
  const chunks = ['Good ', 'morning', { at: 8 }, ', Ada'];
  const said = await run({ do: 'yield', chunks }, '--stream');
  t.same(said, { status: 0, stdout: 'Good morning\n{"at":8}\n, Ada\n', stderr: '' });
  const json = await run({ do: 'yield', chunks: ['a'] }, '--stream', '--json');
  t.equal(json.stdout, '{"chunk":"a"}\n{"reply":5}\n');
  // Line ends to JavaScript, though not to JSON nor to events.
  const lines = await run({ do: 'yield', chunks: ['one\u2028two\u2029'] }, '--stream');
  t.equal(lines.stdout, 'one\u2028two\u2029\n');
  const silent = await drowse(['send', 'probe/ada', '{"do":"return","what":"a reply"}', '--stream', '--url', url]);
  t.equal(silent.stdout, 'a reply\n');
});

t.test('a turn that fails on the way is told of behind what it had yielded', async (t) => {
  const { run } = await open(t);
  const thrown = await run({ do: 'yield', chunks: ['half'], end: 'throw' }, '--stream');
  t.same(thrown, { status: 1, stdout: 'half', stderr: 'drowse: AGENT_ERROR: it was told to throw\n' });
  const early = await run({ do: 'yield', chunks: [], end: 'throw' }, '--stream');
  t.same(early, { status: 1, stdout: '', stderr: 'drowse: AGENT_ERROR: it was told to throw\n' });
});

t.test('Ctrl-C cancels the turn; a host that dies is told of', async (t) => {
  const { run, url, pid } = await open(t);
  const pause = { do: 'yield', chunks: ['a'], end: 'waitForAbort' };
  const bin = join(ROOT, 'dist/cli/drowse.js');
  const args = [bin, 'send', 'streamer/ada', JSON.stringify(pause), '--stream', '--url', url];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'], env: { PATH: process.env.PATH } });
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  await once(child, 'exit');
  await eventually('the turn was cancelled', async () => {
    const stats = JSON.parse((await drowse(['stats', '--json', '--url', url])).stdout);
    return stats.turns.cancelled === 1;
  });
  const cut = run(pause, '--stream');
  await eventually('the turn runs', async () => {
    const info = JSON.parse((await drowse(['inspect', 'streamer/ada', '--json', '--url', url])).stdout);
    return info.awake?.turnForMs !== undefined;
  });
  process.kill(-pid, 'SIGKILL');
  t.match(await cut, { status: 1, stderr: /^drowse: The host at .* cannot be reached: / });
});
