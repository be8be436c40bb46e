import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { json } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { Supervisor } from '../../runtime/index.ts';
import { DOWN_PIPE, UP_PIPE } from '../../workers/protocol.ts';
import { eventually } from '../eventually.ts';
import { fixture, openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';

const isolation = 'process';
const probe = { module: fixture('probe'), isolation } as const;

t.test('an agent in a process differs from one in a thread by one word', async (t) => {
  const host = await openHost(t, { agents: { near: fixture('probe'), far: probe } });
  for (const id of ['near/a', 'far/a']) {
    t.equal(await host.send(id, { do: 'note', what: 1 }), 1);
    t.match(await host.inspect(id), { status: 'active', awake: { memory: { heapUsedMb: Number } } });
  }
  t.match(host.stats().workers, { active: 2, threads: 1, processes: 1 });
  for (const id of ['near/a', 'far/a']) {
    await host.passivate(id);
    t.same(await host.send(id, { do: 'notes' }), [1]);
    await t.rejects(host.send(id, { do: 'throw' }), { name: 'ProbeError', cause: { message: 'the cause' } });
    await t.rejects(host.send(id, { do: 'throwLater' }), {
      code: 'ERR_DROWSE_AGENT_CRASHED',
      message: /crashed in the turn of a send: thrown outside the turn$/,
    });
    await t.rejects(host.send(id, { do: 'exit', code: 7 }), { message: /ended by itself with exit code 7\.$/ });
    t.same(await host.send(id, { do: 'notes' }), [1]);
  }
});

t.test('what ends a process ends that of the agent alone, and the error says how', async (t) => {
  const host = await openHost(t, { agents: { probe, other: probe } });
  t.equal(await host.send('other/a', { do: 'note', what: 1 }), 1);
  await t.rejects(host.send('probe/a', { do: 'kill' }), {
    code: 'ERR_DROWSE_AGENT_CRASHED',
    message: /The process was ended by SIGKILL\.$/,
  });
  t.equal(await host.send('probe/a', { do: 'note', what: 1 }), 1);
  t.equal(await host.send('other/a', { do: 'note', what: 2 }), 2);
});

/** Runs a script of test/fixtures without what tap loads into every process that a test starts, in a shell that may set limits. */
function run(t: Test, name: string, args: readonly string[], limits = ':') {
  const clean = ['env', '-i', `PATH=${process.env.PATH}`, process.execPath, fileURLToPath(fixture(name)), ...args];
  const child = spawn('sh', ['-c', `${limits}; exec "$@"`, 'sh', ...clean], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}

const DENIED = ['ERR_ACCESS_DENIED', 'ERR_DLOPEN_DISABLED'];

t.test('it has what its permissions name, and nothing else', async (t) => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const told = await json(run(t, 'permitted', [testFolder(t, { 'file.txt': 'text' }), String(port)]).stdout);
  for (const [type, answers] of Object.entries(told as Record<string, Record<string, string>>)) {
    for (const [name, answer] of Object.entries(answers)) {
      const free = name === type || (name === 'network' && !process.allowedNodeEnvironmentFlags.has('--allow-net'));
      // A library that is not there is told of in another way.
      t.equal(!DENIED.includes(answer), free, `an agent with ${type} tries ${name}: ${answer}`);
    }
  }
});

t.test('a process in an endless loop ends with its host', async (t) => {
  const host = run(t, 'process-host', [testFolder(t)]);
  await once(host.stdout, 'data');
  const children = readFileSync(`/proc/${host.pid}/task/${host.pid}/children`, 'utf8').trim().split(' ');
  t.ok(children.length > 0 && children.every((pid) => Number(pid) > 0), 'that of the agent, and of a spare perhaps');
  host.kill('SIGKILL');
  await eventually('they are gone', () => children.every((pid) => !existsSync(`/proc/${pid}`)));
});

t.test('a process that cannot be started costs its sends, and nothing else', async (t) => {
  const { stdout } = run(t, 'crowded', [testFolder(t)], 'ulimit -n 120');
  t.same(new Set((await json(stdout)) as string[]), new Set(['ok', 'ERR_DROWSE_AGENT_CRASHED']));
});

/** Begins a turn in a process, meddles with that, writes more to it, and returns what its crash is told to be of. */
async function crashOf(t: Test, order: object, meddle: (host: Supervisor, pid: number) => unknown): Promise<string> {
  const host = await openHost(t, { agents: { probe } });
  const pid = (await host.send('probe/a', { do: 'pid' })) as number;
  const crashed = new Promise<string>((resolve) => host.on('crashed', ({ cause }) => resolve(cause.message)));
  const caller = new AbortController();
  const sent = t.rejects(host.send('probe/a', order, { signal: caller.signal }));
  await meddle(host, pid);
  caller.abort();
  process.kill(pid, 'SIGKILL');
  await sent;
  return crashed;
}

t.test('how a process ended is told, whatever it had not read', async (t) => {
  const told = await crashOf(t, { do: 'ignoreAbort' }, async (host, pid) => {
    await eventually('the turn runs', async () => (await host.inspect('probe/a'))?.awake?.turnForMs !== undefined);
    process.kill(pid, 'SIGSTOP');
  });
  t.match(told, /The process was ended by SIGKILL\.$/);
});

t.test('what a process said before its end is heard, whatever was written to it since', async (t) => {
  const told = await crashOf(t, { do: 'throwLater' }, async (_, pid) => {
    await setImmediate();
    const giveUpAt = Date.now() + 30_000;
    while (!isZombie(pid) && Date.now() < giveUpAt);
  });
  t.match(told, /thrown outside the turn$/);
});

t.test('a process that closes a pipe of its channel is ended, and the next message has another', async (t) => {
  const host = await openHost(t, { agents: { probe } });
  for (const descriptor of [DOWN_PIPE, UP_PIPE]) {
    const id = `probe/${descriptor}`;
    const crashed = new Promise((resolve) => host.on('crashed', resolve));
    host.send(id, { do: 'closeFile', descriptor }).catch(() => {});
    await crashed;
    t.equal(await host.send(id, { do: 'note', what: 1 }), 1);
  }
});

/** It has ended, and this process, whose child it is, has not yet looked. */
function isZombie(pid: number): boolean {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
}
