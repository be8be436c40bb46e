import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { eventually } from '../eventually.ts';
import { fixture } from '../host.ts';
import { testFolder } from '../test-folder.ts';
import { drowse, startHost } from './drowse.ts';

const TIME = String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`;

/** A host with what lies in a folder of its own, and what runs a command against it. `./` in `args` is that folder. */
async function open(t: Test, args: string[] = [], files: Record<string, string> = {}) {
  const folder = testFolder(t, files);
  const host = await startHost(t, join(folder, 'data'), { args: args.map((arg) => arg.replace('./', `${folder}/`)) });
  return { ...host, run: (...command: string[]) => drowse(command, { env: { DROWSE_URL: host.url } }) };
}

type Run = Awaited<ReturnType<typeof open>>['run'];

const done = (stdout: string) => ({ status: 0, stdout, stderr: '' });

async function letters(run: Run): Promise<string[]> {
  const { deadLetters } = JSON.parse((await run('dead-letters', 'list', '--json')).stdout);
  return deadLetters.map(({ id }: { id: string }) => id);
}

t.test('a message is told, and a repeat under its key changes nothing', async (t) => {
  const { run } = await open(t);
  const note = '{"do":"note","what":"a"}';
  t.same(await run('tell', 'probe/ada', note, '--key', 'one'), done('Told.\n'));
  t.same(await run('tell', 'probe/ada', note, '--key', 'one', '--json'), done('{"told":true}\n'));
  t.same(await run('send', 'probe/ada', note, '--key', 'two'), done('2\n'));
  t.same(await run('send', 'probe/ada', note, '--key', 'two', '--json'), done('{"reply":2}\n'));
  for (const command of ['send', 'tell']) {
    const other = await run(command, 'probe/ada', '{"do":"note","what":"b"}', '--key', 'two');
    t.match(other, { status: 1, stdout: '', stderr: /^drowse: ERR_DROWSE_IDEMPOTENCY_MISMATCH: .*"two".*\n$/ });
  }
  t.same(await run('send', 'probe/ada', '{"do":"notes"}', '--json'), done('{"reply":["a","a"]}\n'));
});

t.test('what was told outlives a host that is killed, and is processed once', async (t) => {
  const directory = testFolder(t, {});
  const order = { began: join(directory, 'began'), until: join(directory, 'until') };
  const tell = ({ url }: { url: string }, key: string) =>
    drowse(['tell', 'slow/ada', JSON.stringify(order), '--key', key, '--url', url]);
  const first = await startHost(t, join(directory, 'data'));
  for (const key of ['one', 'two']) t.same(await tell(first, key), done('Told.\n'));
  await eventually('the turn began', () => existsSync(order.began));
  process.kill(-first.pid, 'SIGKILL');
  await first.ended;

  const second = await startHost(t, join(directory, 'data'));
  t.same(await tell(second, 'two'), done('Told.\n'));
  const waiting = await eventually('the second host took up what the first had begun', async () => {
    const { stdout } = await drowse(['inbox', 'slow/ada', '--json', '--url', second.url]);
    return stdout.includes('The host ended during this attempt.') ? stdout : undefined;
  });
  t.equal(JSON.parse(waiting).messages.length, 2);
  writeFileSync(order.until, '');
  const inspected = await eventually('nothing waits any more', async () => {
    const { stdout } = await drowse(['inspect', 'slow/ada', '--state', '--json', '--url', second.url]);
    return JSON.parse(stdout).inbox.waiting === 0 && JSON.parse(stdout);
  });
  t.match(inspected, { state: { turns: 2 }, inbox: { more: false, alarms: [] } });
  t.same(await drowse(['inbox', 'slow/ada', '--url', second.url]), done('No messages.\n'));
});

t.test('an agent that crashes over and over is quarantined, shown and released', async (t) => {
  const agents = { probe: fileURLToPath(fixture('probe')) };
  const config = `export default ${JSON.stringify({ agents, restarts: { limit: 0, backoffMs: [1, 1] } })};`;
  const { run } = await open(t, ['--config', './config.mjs'], { 'config.mjs': config });
  t.match(await run('release', 'probe/ada'), { status: 1, stderr: 'drowse: probe/ada is in no quarantine.\n' });
  t.match(await run('send', 'probe/ada', '{"do":"exit","code":3}'), { status: 1, stderr: /ERR_DROWSE_AGENT_CRASHED/ });
  t.match(await run('send', 'probe/ada', '{"do":"notes"}'), { status: 1, stderr: /ERR_DROWSE_AGENT_QUARANTINED/ });
  t.match((await run('inspect', 'probe/ada')).stdout, /\nstatus +quarantined\nwhy +quarantined: .*exit code 3/);
  t.same(await run('release', 'probe/ada'), done('Released.\n'));
  t.same(await run('release', 'probe/ada', '--json'), {
    status: 1,
    stdout: '{"released":false}\n',
    stderr: 'drowse: probe/ada is in no quarantine.\n',
  });
  t.match(await run('send', 'probe/ada', '{"do":"notes"}'), { status: 0 });
});

t.test('an inbox shows what failed and waits for its next try, and what waits behind it', async (t) => {
  const agents = { probe: fileURLToPath(fixture('probe')) };
  const backoffMs = [3_600_000, 3_600_000];
  const config = `export default ${JSON.stringify({ agents, restarts: { backoffMs } })};`;
  const { run } = await open(t, ['--config', './config.mjs'], { 'config.mjs': config });
  await run('tell', 'probe/ada', '{"do":"throw","after":"a"}');
  const trying = new RegExp(
    `trying +message \\d+, attempts: 1, next: ${TIME}, last: ProbeError: it was told to throw\n`,
  );
  await eventually('the first try failed', async () => trying.test((await run('inspect', 'probe/ada')).stdout));
  await run('tell', 'probe/ada', JSON.stringify({ do: 'note', what: 'long '.repeat(30) }));
  t.match((await run('inspect', 'probe/ada')).stdout, /\ninbox +2 waiting\n/);

  const { stdout } = await run('inbox', 'probe/ada');
  const lines = stdout.split('\n');
  t.match(lines[0], /^MESSAGE +SINCE +FROM +ATTEMPTS +NEXT +TEXT$/);
  t.match(lines[1], new RegExp(String.raw`^\d+ +${TIME} +outside +1 +${TIME} +\{"do":"throw","after":"a"\}$`));
  t.match(lines[2], new RegExp(String.raw`^\d+ +${TIME} +outside +0 +- +\{"do":"note","what":"long long .*…$`));
  t.match((await run('inbox', 'probe/ada', '--limit', '1')).stdout, /^MESSAGE.*\n.*throw.*\nThere are more\.\n$/);

  const [id = ''] = (lines[1] ?? '').split(' ');
  t.same(await run('skip', 'probe/ada', id), done(`Message ${id} is among the dead letters now.\n`));
  const gone = await run('skip', 'probe/ada', id);
  t.same(gone, { status: 1, stdout: '', stderr: `drowse: No message ${id} waits for probe/ada.\n` });
  t.match(await run('skip', 'probe/ada', id, '--json'), { status: 1, stdout: '{"skipped":false}\n' });
  t.same(await letters(run), [`probe/ada#${id}`]);
  t.match((await run('send', 'probe/ada', '{"do":"notes"}')).stdout, 'long long');
});

t.test('alarms are shown with their next time', async (t) => {
  const agent = `export default {
    initialState: () => ({}),
    receive: (agent) => {
      agent.alarm({ every: 3_600_000 }, 'tick', { name: 'hourly' });
      agent.alarm(7_200_000, 'once', { name: 'later' });
    },
  };`;
  const { run } = await open(t, ['--agent', 'ticker=./ticker.mjs'], { 'ticker.mjs': agent });
  await run('send', 'ticker/a', '{}');
  const { stdout } = await run('inspect', 'ticker/a');
  const alarms = `inbox +0 waiting\nalarm +hourly: ${TIME}, repeats: every 3600000 ms\nalarm +later: ${TIME}\n`;
  t.match(stdout, new RegExp(alarms));
  t.same(await run('inbox', 'ticker/a'), done('No messages.\n'));
});

t.test('dead letters are listed, shown, requeued and dropped', async (t) => {
  const { run } = await open(t, ['--max-attempts', '1']);
  t.same(await run('dead-letters', 'list'), done('No dead letters.\n'));
  for (const id of ['probe/ada', 'probe/ada', 'probe/b/ü #?']) await run('tell', id, '{"do":"throw"}');
  await eventually('all are given up', async () => (await letters(run)).length === 3);
  const [first = '', second = '', third = ''] = await letters(run);

  const list = await run('dead-letters', 'list');
  t.match(
    list.stdout,
    /^LETTER +GIVEN UP +ATTEMPTS +CAUSE\nprobe\/ada#\d+ +\d{4}-.* +1 +ProbeError: it was told to throw\n/,
  );
  t.match((await run('dead-letters', 'list', '--agent', 'probe/ada', '--after', first)).stdout, /^.*\n.*ada#\d+ .*\n$/);
  t.match(
    (await run('dead-letters', 'list', '--limit', '2')).stdout,
    `There are more: --after '${second}' shows them.\n`,
  );
  t.same(await run('dead-letters', 'list', '--type', 'slow'), done('No dead letters.\n'));

  const shown = await run('dead-letters', 'show', third);
  t.equal(shown.status, 0);
  t.match(shown.stdout, /^letter +probe\/b\/ü #\?#\d+\ntold +\d{4}-.*, by outside\ngiven up +\d{4}-/);
  t.match(
    shown.stdout,
    /\nattempt +\d{4}-.*Z: ProbeError: it was told to throw\nmessage\n\{\n {2}"do": "throw"\n\}\n$/,
  );
  t.match(JSON.parse((await run('dead-letters', 'show', third, '--json')).stdout), { id: third, attempts: [{}] });

  t.same(await run('dead-letters', 'drop', third), done(`${third} is dropped.\n`));
  t.same(await run('dead-letters', 'drop', first, '--json'), done('{"dropped":true}\n'));
  t.same(await run('dead-letters', 'requeue', second), done(`${second} is requeued.\n`));
  const none = { status: 1, stderr: `drowse: There is no dead letter ${second}.\n` };
  t.same(await run('dead-letters', 'requeue', second), { ...none, stdout: '' });
  t.same(await run('dead-letters', 'drop', second, '--json'), { ...none, stdout: '{"dropped":false}\n' });
  t.match(await run('dead-letters', 'show', second), { status: 1, stdout: '', stderr: /^drowse: NOT_FOUND: .*\n$/ });
  await eventually('it is given up again', async () => (await letters(run)).length === 1);
  t.not((await letters(run))[0], second);
  const bare = await run('dead-letters', 'show', 'probe/ada');
  t.match(bare, { status: 1, stdout: '', stderr: /^drowse: ERR_DROWSE_INVALID_OPTIONS: .*chat\/alice#12.*\n$/ });
});

t.test('a wrong call is status 2 and says what is wrong with it', async (t) => {
  const wrong: [string[], RegExp][] = [
    [['tell', 'probe/ada'], /missing required argument 'json'/],
    [['tell', 'probe/ada', '{'], /It must be JSON/],
    [['tell', 'probe/ada', '{}', '--key', ''], /1 to 512 printable ASCII characters/],
    [['tell', 'probe/ada', '{}', '--key', 'a\nb'], /1 to 512 printable ASCII characters/],
    [['send', 'probe/ada', '{}', '--key', 'grün'], /1 to 512 printable ASCII characters/],
    [['inbox'], /missing required argument 'id'/],
    [['inbox', 'probe/ada', '--limit', 'x'], /whole number/],
    [['skip', 'probe/ada'], /missing required argument 'message'/],
    [['skip', 'probe/ada', 'first'], /whole number/],
    [['dead-letters'], /Usage: drowse dead-letters/],
    [['dead-letters', 'burn'], /unknown command 'burn'/],
    [['dead-letters', 'show'], /missing required argument 'letter'/],
    [['dead-letters', 'list', '--limit', '-1'], /whole number/],
  ];
  for (const [args, stderr] of wrong) {
    const outcome = await drowse(args);
    t.match(outcome, { status: 2, stdout: '', stderr }, args.join(' '));
    t.notMatch(outcome.stderr, /\n {4}at /, 'no stack');
  }
});
