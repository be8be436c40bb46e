import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { eventually } from '../eventually.ts';
import { fixture } from '../host.ts';
import { testFolder } from '../test-folder.ts';
import { drowse, type Host, ROOT, startHost } from './drowse.ts';

/** The process that a launcher has started. */
function childOf(pid: number): number | undefined {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
  return child ? Number(child) : undefined;
}

/** Kills the host, and resolves once another listens in its place. */
async function killHost(host: Host, signal: NodeJS.Signals): Promise<number> {
  const before = childOf(host.pid) as number;
  const greetings = host.output.stdout.split('listens on').length;
  process.kill(before, signal);
  await eventually('another host listens', () => host.output.stdout.split('listens on').length > greetings);
  return childOf(host.pid) as number;
}

function note(host: Host, what: string) {
  return drowse(['send', 'probe/ada', JSON.stringify({ do: 'note', what }), '--url', host.url]);
}

t.test(
  'a host that dies is started again on its port, with all that was acknowledged, and stderr says why',
  async (t) => {
    const host = await startHost(t, join(testFolder(t), 'data'));
    t.match(await note(host, 'one'), { status: 0, stdout: '1\n' });
    for (const [n, signal] of (['SIGKILL', 'SIGABRT', 'SIGSEGV'] as const).entries()) {
      await killHost(host, signal);
      t.match(await note(host, signal), { status: 0, stdout: `${n + 2}\n` });
      t.match(
        host.output.stderr,
        new RegExp(`drowse: the host was ended by ${signal} after [\\d.]+ s; it is started again`),
      );
    }
    process.kill(host.pid, 'SIGTERM');
    t.match(await host.ended, { status: 0 });
  },
);

t.test('what was told goes on by itself after the host has died in its turn', async (t) => {
  const directory = testFolder(t);
  const order = { began: join(directory, 'began'), until: join(directory, 'until') };
  const host = await startHost(t, join(directory, 'data'));
  await drowse(['tell', 'slow/ada', JSON.stringify(order), '--url', host.url]);
  await eventually('the turn began', () => existsSync(order.began));
  await killHost(host, 'SIGKILL');
  writeFileSync(order.until, '');
  await eventually('the message was processed', async () => {
    const { stdout } = await drowse(['inspect', 'slow/ada', '--state', '--json', '--url', host.url]);
    return stdout !== '' && JSON.parse(stdout).state?.turns === 1;
  });
});

t.test('an agent that ends the process costs it no more than a start', async (t) => {
  const host = await startHost(t, join(testFolder(t), 'data'));
  t.match(await note(host, 'one'), { stdout: '1\n' });
  const greetings = host.output.stdout.split('listens on').length;
  await drowse(['send', 'probe/ada', '{"do":"kill"}', '--url', host.url]);
  await eventually('another host listens', () => host.output.stdout.split('listens on').length > greetings);
  t.match(await note(host, 'two'), { stdout: '2\n' });
});

t.test('a host that cannot start is not started again', async (t) => {
  const wrong = await drowse(['serve', '--agent', 'nothing']);
  t.equal(wrong.status, 2);
  const host = await startHost(t, join(testFolder(t), 'data'));
  const second = await drowse([
    'serve',
    '--port',
    '0',
    '--directory',
    join(t.testdirName, 'data'),
    '--agent',
    `slow=${fileURLToPath(fixture('slow'))}`,
  ]);
  t.match(second, { status: 1, stderr: /^drowse: Another supervisor holds .*\n$/ });
  t.ok(host.url);
});

t.test('asked to stop while it waits for the next start, the launcher ends', async (t) => {
  const host = await startHost(t, join(testFolder(t), 'data'));
  await killHost(host, 'SIGKILL');
  for (let deaths = 2; !/again in /.test(host.output.stderr); deaths += 1) {
    const child = await eventually('there is a host', () => childOf(host.pid));
    process.kill(child, 'SIGKILL');
    await eventually('it is gone', () => childOf(host.pid) !== child);
    await eventually('its death is told', () => host.output.stderr.split('it is started again').length > deaths);
  }
  process.kill(host.pid, 'SIGTERM');
  t.equal((await host.ended).status, 0);
});

t.test('the port is kept whatever the arguments are', async (t) => {
  const host = await startHost(t, join(testFolder(t), 'data'), { args: ['--'] });
  await killHost(host, 'SIGKILL');
  t.match(await note(host, 'one'), { status: 0 });
});

t.test('a blocked host whose launcher is killed is named to whoever wants its store', async (t) => {
  const directory = join(testFolder(t), 'data');
  const host = await startHost(t, directory);
  const child = childOf(host.pid) as number;
  process.kill(child, 'SIGSTOP');
  process.kill(host.pid, 'SIGKILL');
  await eventually('its launcher is gone', () => !existsSync(`/proc/${host.pid}/exe`));
  const { status, stderr } = await drowse(['doctor', '--store', directory]);
  t.equal(status, 1);
  t.match(stderr, `process ${child} (`);
  t.match(
    stderr,
    `whose launcher is gone. It ends by itself unless it is blocked; \`kill -9 ${child}\` ends it at once.`,
  );
});

t.test('a host whose launcher is killed lets go of its store', async (t) => {
  const directory = join(testFolder(t), 'data');
  const first = await startHost(t, directory);
  t.match(await note(first, 'one'), { stdout: '1\n' });
  process.kill(first.pid, 'SIGKILL');
  await first.ended;
  const second = await startHost(t, directory);
  t.match(await note(second, 'two'), { stdout: '2\n' });
});

t.test('a host whose writes do not return is ended, and serves again', async (t) => {
  const directory = testFolder(t);
  const agents = { probe: fileURLToPath(fixture('probe')), stuck: fileURLToPath(fixture('stuck')) };
  const config = join(directory, 'config.mjs');
  const fifo = join(directory, 'fifo');
  execFileSync('mkfifo', [fifo]);
  writeFileSync(config, `export default ${JSON.stringify({ agents, storeStallMs: 300 })};`);
  const host = await startHost(t, join(directory, 'data'), {
    args: ['--config', config],
    env: { UV_THREADPOOL_SIZE: '4' },
  });
  t.match(await note(host, 'one'), { stdout: '1\n' });
  const greetings = host.output.stdout.split('listens on').length;
  drowse(['send', 'stuck/a', JSON.stringify({ crowd: fifo }), '--url', host.url]);
  // A write begins, and has no thread.
  while (host.output.stdout.split('listens on').length === greetings) await note(host, 'more');
  t.match(host.output.stderr, /a write to the store has not returned for \d+ ms/);
  t.match(await note(host, 'after'), { status: 0 });
});

/** A script that `drowse run` starts, in a folder of its own. */
function run(t: Test, script: string, ...args: string[]) {
  const folder = testFolder(t, { 'script.mjs': script });
  const launcher = spawn(
    process.execPath,
    [join(ROOT, 'dist/cli/drowse.js'), 'run', join(folder, 'script.mjs'), ...args],
    {
      env: { PATH: process.env.PATH },
    },
  );
  const output = { stdout: '', stderr: '' };
  launcher.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text));
  launcher.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text));
  t.teardown(() => launcher.kill('SIGKILL'));
  return { launcher, output, ended: once(launcher, 'close').then(([status]) => status as number | null) };
}

t.test('a script is run with its arguments and the right Node, and ends the command with its status', async (t) => {
  const script = `console.log(JSON.stringify([process.argv.slice(2), process.execArgv, process.env.UV_THREADPOOL_SIZE]));
    process.exit(7);`;
  const { ended, output } = run(t, script, '--port', 'x', '--help');
  t.equal(await ended, 7);
  const [args, flags, pool] = JSON.parse(output.stdout);
  t.same(args, ['--port', 'x', '--help']);
  t.equal(pool, '64');
  if (process.versions.node.startsWith('26.')) t.ok(flags.includes('--no-memory-pool-share-memory-on-teardown'));
});

t.test('a script that a signal ends is started again; one that is asked to end is not', async (t) => {
  const { launcher, output, ended } = run(t, 'console.log(process.pid); setInterval(() => {}, 1_000);');
  const pids = () => output.stdout.trim().split('\n').filter(Boolean).map(Number);
  await eventually('it runs', () => pids().length === 1);
  const [pid = 0] = pids();
  process.kill(pid, 'SIGKILL');
  await eventually('it runs again', () => pids().length === 2);
  t.match(output.stderr, /drowse: the script was ended by SIGKILL .* started again at once\n/);
  launcher.kill('SIGTERM');
  t.equal(await ended, 128 + 15);
});

t.test('a script ends with its launcher', async (t) => {
  const { launcher, output } = run(t, 'console.log(process.pid); setInterval(() => {}, 1_000);');
  await eventually('it runs', () => output.stdout !== '');
  launcher.kill('SIGKILL');
  await eventually('it is gone', () => !existsSync(`/proc/${Number(output.stdout)}`));
});

t.test('what a script forks is no child of the launcher', async (t) => {
  const { ended, output } = run(t, 'console.log(JSON.stringify(process.execArgv));');
  t.equal(await ended, 0);
  t.notMatch(output.stdout, 'launched');
});
