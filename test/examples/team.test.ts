import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type planner from '../../examples/team/planner.ts';
import type worker from '../../examples/team/worker.ts';
import { drowse, startHost } from '../cli/drowse.ts';
import { eventually } from '../eventually.ts';
import { fixture, openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';

const team = (name: string) => new URL(`../../examples/team/${name}.ts`, import.meta.url);
const agents = { planner: team('planner'), worker: team('worker') };

/** The example's own host, in a process of its own. */
function start(t: Test, directory: string, workMs: number) {
  const env = { PATH: process.env.PATH, WORK_MS: `${workMs}` };
  const child = spawn(process.execPath, [fileURLToPath(team('host')), directory], { env, stdio: 'pipe' });
  const host = { child, said: '', gone: once(child, 'close') };
  const listen = (text: string) => {
    host.said += text;
  };
  child.stdout.setEncoding('utf8').on('data', listen);
  child.stderr.setEncoding('utf8').on('data', listen);
  t.teardown(async () => {
    child.kill('SIGKILL');
    await host.gone;
  });
  return host;
}

t.test('a plan whose host is killed in the middle is finished by the next, each task done once', async (t) => {
  const directory = `${testFolder(t)}/data`;
  const killed = start(t, directory, 1_000);
  await eventually('some results are in', () => /^[1-4] of 5/m.test(killed.said));
  killed.child.kill('SIGKILL');
  await killed.gone;
  t.notMatch(killed.said, '5 of 5');

  const next = start(t, directory, 10);
  const [status] = await next.gone;
  t.equal(status, 0, next.said);
  t.notMatch(next.said, '0 of 5', 'what was done stays done');
  t.match(next.said, /5 of 5 tasks are done\n(.+ tea: \d+ letters of thought\n){5}$/);

  const host = await openHost(t, { directory, agents });
  const kept = [0, 1, 2, 3].map((n) => host.agent<typeof worker>(`worker/${n}`).inspect({ state: true }));
  const done = (await Promise.all(kept)).flatMap((info) => info?.state?.done);
  t.equal(done.length, 5);
  t.equal(new Set(done).size, 5);
  t.same((await host.inspect('planner/demo'))?.inbox.alarms, [], 'no deadline is left');
});

t.test('a task that nobody answers is settled by its deadline', async (t) => {
  const host = await openHost(t, { agents: { planner: team('planner'), worker: fixture('probe') } });
  const ada = host.agent<typeof planner>('planner/ada');
  t.same(await ada.send({ plan: ['wait'], withinMs: 1 }), { done: 0, of: 1, report: undefined });
  await eventually('the report is there', async () => (await ada.send({ status: true })).report);
  t.match(await ada.send({ task: 0, result: 'too late' }), { done: 1, report: 'wait: nobody answered in time' });
  t.same((await ada.inspect())?.inbox.alarms, []);
});

t.test('a plan without tasks is refused, and the next one taken', async (t) => {
  const host = await openHost(t, { agents });
  const ada = host.agent<typeof planner>('planner/ada');
  await t.rejects(ada.send({ plan: [] }), { message: /a list of one task/ });
  await t.rejects(host.send('planner/ada', { plan: 5 }), { message: /a list of one task/ });
  t.match(await ada.send({ plan: ['boil'] }), { of: 1 });
});

t.test('the team works under drowse serve', async (t) => {
  const modules = Object.entries(agents).flatMap(([name, url]) => ['--agent', `${name}=${fileURLToPath(url)}`]);
  const args = [...modules, '--env', 'worker=WORK_MS'];
  const { url } = await startHost(t, testFolder(t, {}), { args, env: { WORK_MS: '1' } });
  const send = async (message: object) =>
    JSON.parse((await drowse(['send', 'planner/ada', JSON.stringify(message), '--json', '--url', url])).stdout).reply;
  t.match(await send({ plan: ['boil', 'pour'] }), { of: 2 });
  await eventually('the report is there', async () => (await send({ status: true })).report);
});
