import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { eventually } from '../eventually.ts';
import { fixture } from '../host.ts';
import { testFolder } from '../test-folder.ts';
import { drowse, ROOT, startHost } from './drowse.ts';

const shell = promisify(execFile);
const PROBE = fileURLToPath(fixture('probe'));
const COUNTER = join(ROOT, 'dist/examples/counter.js');

async function send(url: string, id: string, message: unknown): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/agents/${id}`, { method: 'POST', headers, body: JSON.stringify(message) });
  return response.json();
}

t.test('the lines it prints work as they are', async (t) => {
  const args = ['--agent', `counter=${COUNTER}`, '--agent', `chat=${join(ROOT, 'dist/examples/chat.js')}`];
  const { output } = await startHost(t, testFolder(t, {}), { args: [...args, '--agent', `it's new=${COUNTER}`] });
  const lines = output.stdout.split('\n').filter((line) => line.startsWith('  curl '));
  t.equal(lines.length, 3);
  const replies: unknown[] = [];
  for (const line of lines) {
    const { stdout } = await shell('sh', ['-c', line]);
    replies.push(JSON.parse(stdout).reply);
  }
  t.match(replies, [1, { answer: /^You said "hello"/, messages: 2 }, 1]);
});

t.test('a second host on the same directory fails with one line that names it', async (t) => {
  const directory = testFolder(t, {});
  await startHost(t, directory);
  const second = await drowse(['serve', '--port', '0', '--directory', directory, '--agent', `probe=${PROBE}`]);
  t.same([second.status, second.stdout], [1, '']);
  t.match(second.stderr, /^drowse: .*\n$/);
  t.ok(second.stderr.includes(directory));
});

t.test('a port that is taken fails with one line, and lets go of the directory', async (t) => {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const directory = testFolder(t, {});
  const taken = await drowse(['serve', '--port', String(port), '--directory', directory, '--agent', `probe=${PROBE}`]);
  const stderr = `drowse: Port ${port} of 127.0.0.1 is taken: choose another with --port, or 0 for any.\n`;
  t.same(taken, { status: 1, stdout: '', stderr });
  await startHost(t, directory);
});

t.test('a wrong call is status 2, options that cannot work are status 1; both are said without a stack', async (t) => {
  const directory = testFolder(t, {
    'broken.mjs': 'export default {',
    'nothing.mjs': 'export const a = 1;',
    'unknown.mjs': `export default { agents: { probe: ${JSON.stringify(PROBE)} }, idleTimeout: 3 };`,
    'missing.mjs': `export default { agents: { probe: './probe.mjs' } };`,
  });
  const agent = ['--agent', `probe=${PROBE}`];
  const wrong: [number, string[], RegExp, object?][] = [
    [2, [], /There are no agents to host/],
    [2, ['--agent', 'probe'], /It must look like counter=\.\/counter\.js/],
    [2, ['--agent', '=a.js'], /It must look like/],
    [2, [...agent, '--env', 'chat=A'], /--env names the agent type "chat"/],
    [2, [...agent, '--tools-env', 'A'], /--tools-env is for tools, which there are not/],
    [
      1,
      [...agent, '--tools', './no-such.js'],
      /^drowse: Invalid options: tools module .*no-such\.js cannot be used: .*\n$/,
    ],
    [2, [...agent, '--port', 'x'], /whole number/],
    [2, [...agent, '--durability', 'maybe'], /Allowed choices are fsync, os/],
    [1, [...agent, '--port', '70000'], /^drowse: Listening on port 70000 of 127\.0\.0\.1 failed: .*\n$/],
    [1, [...agent, '--idle-timeout', '0'], /^drowse: Invalid options: idleTimeoutMs .*\n$/],
    [
      1,
      ['--agent', 'probe=./no-such.js'],
      /^drowse: The module of agent type "probe" does not exist: \/.*no-such\.js\n$/,
    ],
    [1, ['--agent', `a/b=${PROBE}`], /^drowse: Invalid options: agents: .*\n$/],
    [1, agent, /^drowse: DROWSE_LOG is "loud", which is no level.*\n$/, { DROWSE_LOG: 'loud' }],
    [1, ['--config', `${directory}/no-such.mjs`], /^drowse: The config file .*no-such\.mjs cannot be loaded: .*\n$/],
    [1, ['--config', `${directory}/broken.mjs`], /^drowse: The config file .*broken\.mjs cannot be loaded: .*\n$/],
    [
      1,
      ['--config', `${directory}/nothing.mjs`],
      /^drowse: The config file .* must export its options as default\.\n$/,
    ],
    [1, ['--config', `${directory}/unknown.mjs`], /^drowse: Invalid options: idleTimeout is not an option/],
    [1, ['--config', `${directory}/missing.mjs`], /^drowse: The module of agent type "probe" does not exist: /],
  ];
  for (const [status, args, stderr, env = {}] of wrong) {
    const outcome = await drowse(['serve', '--port', '0', ...args], { cwd: directory, env });
    t.match(outcome, { status, stdout: '', stderr }, args.join(' '));
    t.notMatch(outcome.stderr, /\n {4}at /, 'no stack');
  }
});

t.test('a config file gives the options, with paths from its own folder; the command line wins', async (t) => {
  const folder = testFolder(t, {
    config: {
      'drowse.config.mjs': `export default {
        directory: './kept',
        idleTimeoutMs: 111_000,
        durability: 'os',
        tools: { module: './agents/tools.mjs', env: ['GREETING'] },
        agents: { plain: './agents/echo.mjs', given: { module: './agents/echo.mjs', env: ['GREETING'] } },
      };`,
      agents: {
        'echo.mjs': `export default {
          initialState: () => ({}),
          receive: (agent, { tool }) => tool ? agent.tools[tool]() : ({ greeting: process.env.GREETING ?? null, other: process.env.OTHER ?? null }),
        };`,
        'tools.mjs': `export const environment = () => Object.keys(process.env).sort();`,
      },
    },
  });
  const args = [
    '--config',
    `${folder}/config/drowse.config.mjs`,
    '--idle-timeout',
    '222000',
    '--env',
    'plain=OTHER',
    '--tools-env',
    'OTHER',
  ];
  const { url, output } = await startHost(t, join(folder, 'elsewhere'), { args, env: { GREETING: 'hey', OTHER: 'o' } });
  t.match(output.stdout, join(folder, 'elsewhere'), 'the command line wins');
  t.same(await send(url, 'plain/a', {}), { reply: { greeting: null, other: 'o' } });
  t.same(await send(url, 'given/a', {}), { reply: { greeting: 'hey', other: null } });
  t.same(await send(url, 'plain/a', { tool: 'environment' }), { reply: ['GREETING', 'OTHER'] });
  const response = await fetch(`${url}/agents/plain/a`);
  t.match(await response.json(), { awake: { idleTimeoutMs: 222_000 } });
});

t.test('its process has the thread pool and the flag that a host needs, unless it is told otherwise', async (t) => {
  const args = ['--agent', `probe=${PROBE}`, '--env', 'probe=UV_THREADPOOL_SIZE'];
  const directory = testFolder(t, {});
  const { url } = await startHost(t, join(directory, 'one'), { args });
  t.same(await send(url, 'probe/a', { do: 'env' }), { reply: { UV_THREADPOOL_SIZE: '64' } });
  const { url: other } = await startHost(t, join(directory, 'two'), { args, env: { UV_THREADPOOL_SIZE: '7' } });
  t.same(await send(other, 'probe/a', { do: 'env' }), { reply: { UV_THREADPOOL_SIZE: '7' } });
});

t.test('its log is JSON lines on stderr, and lifecycle events are in it at debug', async (t) => {
  const { url, output } = await startHost(t, testFolder(t, {}), { env: { DROWSE_LOG: 'debug' } });
  await send(url, 'probe/ada', { do: 'exit', code: 3 });
  await eventually('the crash is in the log', () => /"event":"crashed".*\n/.test(output.stderr));
  const lines = output.stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(
    lines.find(({ event }) => event === 'activated'),
    { level: 20, agentId: 'probe/ada' },
  );
  const crashed = lines.find(({ event }) => event === 'crashed');
  t.match(crashed, { level: 40, agentId: 'probe/ada', err: { message: /exit code 3/ } });
});

t.test('where others can reach it, the log warns', async (t) => {
  const args = ['--host', '0.0.0.0', '--agent', `probe=${PROBE}`];
  const { output } = await startHost(t, testFolder(t, {}), { args });
  t.ok(await eventually('the log warns', () => /no authentication/.test(output.stderr)));
});

t.test('files are shared with --share, beside what the config file shares', async (t) => {
  const folder = testFolder(t, {
    'prompts.json': '{"hello":"Hello"}',
    'config.mjs': 'export default { shared: { motd: "from the config", prompts: 1 } };',
  });
  const reader = fileURLToPath(fixture('shared-reader'));
  const shares = ['--share', `prompts=${join(folder, 'prompts.json')}`, '--share', `code=${reader}`];
  const { url } = await startHost(t, join(folder, 'data'), {
    args: ['--config', join(folder, 'config.mjs'), '--agent', `reader=${reader}`, ...shares],
  });
  const { reply } = (await send(url, 'reader/a', { do: 'read', names: ['prompts', 'motd'] })) as { reply: unknown };
  t.same(reply, [{ hello: 'Hello' }, 'from the config']);
  const base = ['serve', '--port', '0', '--directory', join(folder, 'other'), '--agent', `reader=${reader}`];
  const missing = await drowse([...base, '--share', 'prompts=./none.json']);
  t.match(missing, {
    status: 1,
    stdout: '',
    stderr: /^drowse: .*shared\.prompts cannot be read from .*none\.json.*\n$/,
  });
  t.match(await drowse([...base, '--share', 'prompts.json']), { status: 2, stderr: /must look like prompts=/ });
});
