import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { testFolder } from '../test-folder.ts';
import { drowse, startHost } from './drowse.ts';

const NOWHERE = 'http://127.0.0.1:1';

t.test('messages are sent, and agents are listed and inspected', async (t) => {
  const { url } = await startHost(t, testFolder(t, {}));
  const run = (...args: string[]) => drowse(args, { env: { DROWSE_URL: url } });

  t.same(await run('list'), { status: 0, stdout: 'No agents.\n', stderr: '' });
  t.same(await run('send', 'probe/ada', '{"do":"note","what":1}'), { status: 0, stdout: '1\n', stderr: '' });
  t.same((await run('send', 'probe/ada', '{"do":"notes"}')).stdout, '[\n  1\n]\n');
  t.same((await run('send', 'probe/ada', '{"do":"return","what":"as it is"}')).stdout, 'as it is\n');
  t.same((await run('send', '--json', 'probe/ada', '{"do":"notes"}')).stdout, '{"reply":[1]}\n');
  t.equal((await run('send', 'probe/a b/ü?', '{"do":"nothing"}')).status, 0);

  const list = await run('list');
  t.equal(list.status, 0);
  t.match(list.stdout, /^AGENT +STATUS +CREATED\nprobe\/a b\/ü\? +active +\d{4}-.*\nprobe\/ada +active +\d{4}-.*\n$/);
  const page = JSON.parse((await run('list', '--json', '--limit', '1')).stdout);
  t.match(page, { agents: [{ id: 'probe/a b/ü?' }], next: 'probe/a b/ü?' });
  t.match((await run('list', '--limit', '1')).stdout, /There are more: --after 'probe\/a b\/ü\?'/);
  t.match((await run('list', '--after', page.next)).stdout, /^AGENT.*\nprobe\/ada .*\n$/);
  t.equal((await run('list', '--type', 'slow')).stdout, 'No agents.\n');

  const inspected = await run('inspect', 'probe/ada', '--state');
  t.equal(inspected.status, 0);
  t.match(inspected.stdout, /^agent +probe\/ada\nstatus +active\nwhy +awake: idle/);
  t.match(inspected.stdout, '"notes": [\n    1\n  ]');
  const info = JSON.parse((await run('inspect', 'probe/ada', '--json', '--state')).stdout);
  t.match(info, { id: 'probe/ada', sequence: 1, state: { notes: [1] } });

  t.match((await run('stats')).stdout, /^agents +2: 2 awake, 0 asleep\n/);
  t.match(JSON.parse((await run('stats', '--json')).stdout), { agents: { total: 2, active: 2 } });
});

t.test('stats tell of processes too: spares and those given up are some of either', async (t) => {
  const { url } = await startHost(t, testFolder(t, {}));
  const stats = JSON.parse((await drowse(['stats', '--json', '--url', url])).stdout);
  Object.assign(stats.workers, { threads: 1, processes: 4, spares: 2, zombies: 1 });
  const host = createServer((_request, response) => response.end(JSON.stringify(stats)));
  t.teardown(() => host.close());
  await once(host.listen(0, '127.0.0.1'), 'listening');
  const { port } = host.address() as AddressInfo;
  const { stdout } = await drowse(['stats', '--url', `http://127.0.0.1:${port}`]);
  t.match(stdout, /^workers +1 thread, 4 processes; of these 2 spare, 1 blocked and given up$/m);
});

t.test('a refusal is one line with its code, and status 1', async (t) => {
  const { url } = await startHost(t, testFolder(t, {}));
  const run = (...args: string[]) => drowse([...args, '--url', url]);
  const failed = (stderr: RegExp) => ({ status: 1, stdout: '', stderr });
  t.match(await run('inspect', 'probe/nobody'), failed(/^drowse: NOT_FOUND: There is no agent probe\/nobody\.\n$/));
  t.match(await run('send', 'nobody/ada', '{}'), failed(/^drowse: ERR_DROWSE_UNKNOWN_TYPE: .*\n$/));
  t.match(await run('send', 'probe/ada', '{"do":"throw"}'), failed(/^drowse: AGENT_ERROR: it was told to throw\n$/));
  const late = await run('send', 'probe/ada', '{"do":"waitForAbort"}', '--timeout', '20');
  t.match(late, failed(/^drowse: ERR_DROWSE_TIMEOUT: .*\n$/));
  t.match(await run('list', '--limit', '0'), failed(/^drowse: BAD_REQUEST: .*\n$/));
});

t.test('where no host is running, every command says so, and how to start one', async (t) => {
  const commands = [['send', 'probe/ada', '{}'], ['tell', 'probe/ada', '{}'], ['list'], ['inspect', 'probe/ada']];
  const others = [['inbox', 'probe/ada'], ['skip', 'probe/ada', '1'], ['dead-letters', 'list'], ['stats']];
  for (const args of [...commands, ...others]) {
    const { status, stdout, stderr } = await drowse([...args, '--url', NOWHERE]);
    t.same([status, stdout], [1, ''], args.join(' '));
    t.match(stderr, /^drowse: No host is running at http:\/\/127\.0\.0\.1:1: start one with "drowse serve .*\n$/);
  }
});

t.test('what answers and is no host is told apart', async (t) => {
  const server = createServer((_, response) => response.end('<html>'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { status, stderr } = await drowse(['stats', '--url', `http://127.0.0.1:${port}`]);
  t.equal(status, 1);
  t.match(stderr, /^drowse: What answers at .* is not a drowse host \(status 200\)\.\n$/);
});

t.test('of a stream, comments and events that a newer host may send are passed over', async (t) => {
  const said = [': still here', 'event: thought\ndata: 1', 'event: chunk\ndata: "a"', 'event: reply\ndata: "b"'];
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/event-stream').end(said.map((event) => `${event}\n\n`).join(''));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const args = ['send', 'probe/ada', '{}', '--stream', '--json', '--url', `http://127.0.0.1:${port}`];
  t.same(await drowse(args), { status: 0, stdout: '{"chunk":"a"}\n{"reply":"b"}\n', stderr: '' });
});

t.test('a wrong call is status 2 and says what is wrong with it', async (t) => {
  const wrong: [string[], RegExp][] = [
    [[], /Usage: drowse/],
    [['nonsense'], /unknown command 'nonsense'/],
    [['send', 'probe/ada'], /missing required argument 'json'/],
    [['send', 'probe/ada', '{'], /It must be JSON/],
    [['send', 'probe/ada', '{}', '--timeout', 'soon'], /whole number/],
    [['stats', '--url', 'nowhere'], /It must be a URL/],
    [['stats', '--url', 'ftp://a'], /It must be a URL/],
    [['list', '--limit', '-1'], /whole number/],
    [['list', '--nonsense'], /unknown option '--nonsense'/],
    [['inspect'], /missing required argument 'id'/],
  ];
  for (const [args, stderr] of wrong) {
    const outcome = await drowse(args);
    t.match(outcome, { status: 2, stdout: '', stderr }, args.join(' '));
    t.notMatch(outcome.stderr, /\n {4}at /, 'no stack');
  }
});

t.test('help and version are status 0', async (t) => {
  const commands = ['serve', 'send', 'tell', 'list', 'inspect', 'inbox', 'skip', 'dead-letters', 'stats', 'doctor'];
  const letters = ['list', 'show', 'requeue', 'drop'].map((command) => `dead-letters ${command}`);
  for (const command of [...commands, ...letters]) {
    const { status, stdout, stderr } = await drowse([...command.split(' '), '--help']);
    t.same([status, stderr], [0, ''], command);
    t.ok(stdout.startsWith(`Usage: drowse ${command} `));
    if (!['serve', 'dead-letters', 'doctor'].includes(command)) t.match(stdout, /--json .*[\s\S]*--url /);
  }
  const all = new RegExp(commands.map((command) => `\n  ${command} `).join('[\\s\\S]*'));
  t.match(await drowse(['--help']), { status: 0, stdout: all });
  t.match(await drowse(['--version']), { status: 0, stdout: /^\d+\.\d+\.\d+\n$/ });
});

t.test('a Node that is too old is told so before anything is loaded', async (t) => {
  const old = 'Object.defineProperty(process,"versions",{value:{...process.versions,node:"22.1.0"}})';
  const flags = ['--import', `data:text/javascript,${encodeURIComponent(old)}`];
  for (const args of [['serve'], ['list']]) {
    const stderr = 'drowse: Node 22.1.0 is too old; drowse needs Node 24 or newer.\n';
    t.same(await drowse(args, { flags }), { status: 1, stdout: '', stderr });
  }
});
