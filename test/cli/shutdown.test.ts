import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { eventually } from '../eventually.ts';
import { fixture } from '../host.ts';
import { testFolder } from '../test-folder.ts';
import { drowse, type Host, ROOT, startHost } from './drowse.ts';

/** A turn of slow/ada that has begun, and ends when it is told to. */
async function slowTurn({ url }: Host, folder: string) {
  const order = { began: join(folder, 'began'), until: join(folder, 'until') };
  const headers = { 'content-type': 'application/json' };
  const answer = fetch(`${url}/agents/slow/ada`, { method: 'POST', headers, body: JSON.stringify(order) });
  await eventually('the turn began', () => existsSync(order.began));
  return { answer, finish: () => writeFileSync(order.until, '') };
}

const refusesConnections = ({ url }: Host) =>
  eventually('new connections are refused', () =>
    fetch(url).then(
      () => false,
      () => true,
    ),
  );

/** What another process would do with that signal. */
const ways: [string, (host: Host) => void][] = [
  ['SIGTERM', ({ pid }) => process.kill(pid, 'SIGTERM')],
  ['SIGINT', ({ pid }) => process.kill(pid, 'SIGINT')],
  ['Ctrl-C, which reaches launcher and host at once,', ({ pid }) => process.kill(-pid, 'SIGINT')],
  ['the end of its launcher', ({ pid }) => process.kill(pid, 'SIGKILL')],
];

for (const [name, ask] of ways) {
  t.test(`${name} during a turn lets it finish: its reply arrives and its change is kept`, async (t) => {
    const directory = testFolder(t, {});
    const host = await startHost(t, join(directory, 'data'));
    const { answer, finish } = await slowTurn(host, directory);
    ask(host);
    await refusesConnections(host);
    finish();
    const response = await answer;
    t.equal(response.status, 200);
    t.same(await response.json(), { reply: { turns: 1 } });
    const { status } = await host.ended;
    t.equal(status, name === 'the end of its launcher' ? null : 0);
    t.match(host.output.stderr, /stopping on .*[\s\S]*stopped/);

    const { url } = await startHost(t, join(directory, 'data'));
    const { stdout } = await drowse(['inspect', 'slow/ada', '--state', '--json', '--url', url]);
    t.match(JSON.parse(stdout), { status: 'dormant', sequence: 1, state: { turns: 1 } });
  });
}

t.test("the end of npm's shell, which passes no signal on, stops the host", async (t) => {
  const [bin, directory] = [join(ROOT, 'dist/cli/drowse.js'), join(testFolder(t, {}), 'data')];
  const agent = `counter=${join(ROOT, 'dist/examples/counter.js')}`;
  const command = `"${process.execPath}" "${bin}" serve --port 0 --directory "${directory}" --agent "${agent}"; true`;
  const shell = spawn('sh', ['-c', command], { env: { npm_lifecycle_event: 'start' } });
  let [stdout, stderr] = ['', ''];
  shell.stdout.on('data', (text) => (stdout += text));
  shell.stderr.on('data', (text) => (stderr += text));
  const ended = once(shell, 'close');
  await eventually('the host listens', () => stdout.includes('Try:'));
  shell.kill('SIGTERM');
  await ended;
  t.match(stderr, /stopping on SIGTERM[\s\S]*stopped/);
});

t.test('a second signal ends it at once, and the turn leaves no trace', async (t) => {
  const directory = testFolder(t, {});
  const host = await startHost(t, join(directory, 'data'));
  const { answer } = await slowTurn(host, directory);
  const cutOff = t.rejects(answer);
  process.kill(host.pid, 'SIGTERM');
  await eventually('it is stopping', () => host.output.stderr.includes('stopping on SIGTERM'));
  process.kill(host.pid, 'SIGTERM');
  t.equal((await host.ended).status, 137);
  await cutOff;
  const { url } = await startHost(t, join(directory, 'data'));
  t.equal((await drowse(['inspect', 'slow/ada', '--url', url])).status, 1);
});

t.test('a host without work ends at once', async (t) => {
  const host = await startHost(t, testFolder(t, {}));
  process.kill(host.pid, 'SIGTERM');
  t.match(await host.ended, { status: 0, stderr: /stopping on SIGTERM/ });
});

t.test('a turn that does not end is cancelled, its caller is told, and the host ends all the same', async (t) => {
  const directory = testFolder(t, {});
  const host = await startHost(t, join(directory, 'data'), { args: ['--drain', '50'] });
  const { answer } = await slowTurn(host, directory);
  process.kill(host.pid, 'SIGTERM');
  const response = await answer;
  t.equal(response.status, 503);
  t.match(await response.json(), { error: { code: 'ERR_DROWSE_CLOSED' } });
  t.equal((await host.ended).status, 0);
});

for (const [signal, status] of [
  ['SIGTERM', 0],
  ['SIGKILL', null],
] as const) {
  t.test(`${signal} to the launcher ends a host with an agent that cannot be interrupted`, async (t) => {
    const directory = testFolder(t, {});
    const args = ['--drain', '50', '--agent', `stubborn=${fileURLToPath(fixture('stubborn'))}`];
    const host = await startHost(t, join(directory, 'data'), { args });
    const began = join(directory, 'began');
    const headers = { 'content-type': 'application/json' };
    fetch(`${host.url}/agents/stubborn/ada`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ began }),
    }).catch(() => {});
    await eventually('the loop began', () => existsSync(began));
    process.kill(host.pid, signal);
    t.equal((await host.ended).status, status);
  });
}
