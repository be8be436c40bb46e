import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { defaultSpeed, replayAt } from '../../bench/replay/pace.ts';
import { parseTraffic, type Recorded } from '../../bench/replay/traffic.ts';
import { fixture } from '../host.ts';
import { testFolder } from '../test-folder.ts';

const ROOT = join(import.meta.dirname, '../..');

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function bench(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, 'dist/bench/run.js'), ...args], (error, stdout, stderr) => {
      resolve({ status: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

const line = (agent: string, message: unknown, at: unknown) => JSON.stringify({ agent, message, at });

t.test('messages are read in the order of their times, which are milliseconds or dates', async (t) => {
  const text = [
    line('chat/a', { say: 1 }, '2026-01-02T03:04:06Z'),
    '',
    line('bare', null, Date.parse('2026-01-02T03:04:05Z')),
    line('chat/a/b', 'twice', '2026-01-02T05:04:06+02:00'),
  ].join('\r\n');
  t.same(parseTraffic(text), [
    { agentId: 'agent/bare', message: null, at: 0 },
    { agentId: 'chat/a', message: { say: 1 }, at: 1_000 },
    { agentId: 'chat/a/b', message: 'twice', at: 1_000 },
  ]);
});

t.test('a bad line is refused, and named by its number', async (t) => {
  const good = line('chat/a', 1, 0);
  for (const [bad, why] of [
    ['{', /^Line 3: is not JSON/],
    ['[]', /^Line 3: is no object/],
    ['null', /^Line 3: is no object/],
    [line('chat/a', undefined, 0), /^Line 3: has no "message"/],
    [line('chat/a', 1, undefined), /^Line 3: "at"/],
    [line('chat/a', 1, 'yesterday'), /^Line 3: "at"/],
    [line('chat/a', 1, '2026-13-45T00:00:00Z'), /^Line 3: "at"/],
    [line('chat/', 1, 0), /^Line 3: "agent"/],
    ['{"message":1,"at":0}', /^Line 3: "agent"/],
  ] as const) {
    t.throws(() => parseTraffic(`${good}\n\n${bad}\n${good}`), { message: why }, bad);
  }
  t.throws(() => parseTraffic('\n'), { message: /no message/ });
});

t.test('without a speed it takes about a minute, and is never slower than it was', async (t) => {
  t.same([defaultSpeed(3_600_000), defaultSpeed(5_000), defaultSpeed(0)], [60, 1, 1]);
});

t.test('every message is sent once and in order at any speed, and none before its time', async (t) => {
  const traffic: Recorded[] = Array.from({ length: 200 }, (_, n) => ({ agentId: 'a/b', message: n, at: n * 10 }));
  for (const speed of [100, 1_000_000, 0]) {
    const sent: unknown[] = [];
    const start = performance.now();
    const early: unknown[] = [];
    const late = await replayAt(speed, traffic, async ({ message, at }) => {
      if (speed > 0 && performance.now() - start < at / speed - 1) early.push(message);
      sent.push(message);
    });
    t.same([sent, early], [traffic.map(({ message }) => message), []], `speed ${speed}`);
    t.equal(late.length, speed === 0 ? 0 : 200);
  }
});

t.test('traffic is replayed to agents that keep it, sleep in between, and wake again', async (t) => {
  // Three bursts, an hour apart.
  const text = Array.from({ length: 60 }, (_, n) =>
    line(`chat/${n % 4}`, { n, text: 'x'.repeat(n) }, Math.floor(n / 20) * 3_600_000 + n),
  ).join('\n');
  const directory = testFolder(t, { 'traffic.jsonl': text });
  const out = join(directory, 'out.json');
  const report = join(directory, 'report.html');
  const file = join(directory, 'traffic.jsonl');
  const idle = ['--speed', '3600', '--idle-timeout', '36000'];
  const { status, stdout } = await bench('replay', file, ...idle, '--out', out, '--report', report);
  t.equal(status, 0, stdout);
  const { scenarios } = JSON.parse(readFileSync(out, 'utf8'));
  const [{ figures, charts }] = scenarios;
  const value = (name: string) => figures.find((figure: { name: string }) => figure.name === name)?.value;
  t.same([value('messages'), value('agents')], [60, 4]);
  t.ok(value('wakes') > 4, 'some slept and woke again');
  t.ok(value('cold, median') > 0 && value('RSS of the process, at most') > 0);
  t.same(
    charts.map(({ name }: { name: string }) => name),
    ['awake', 'rss'],
  );
  t.match(readFileSync(report, 'utf8'), /Agents awake<\/text>/);
});

t.test('agents can be of a module of one’s own, as fast as can be', async (t) => {
  const text = Array.from({ length: 30 }, (_, n) => line(`counter/${n % 3}`, { add: n }, n * 60_000)).join('\n');
  const file = join(testFolder(t, { 'traffic.jsonl': text }), 'traffic.jsonl');
  const agent = `counter=${join(ROOT, 'dist/examples/counter.js')}`;
  const { status, stdout } = await bench('replay', file, '--speed', '0', '--agent', agent, '--json');
  t.equal(status, 0);
  const [{ name, invariants }] = JSON.parse(stdout).scenarios;
  t.same([name, invariants.every(({ ok }: { ok: boolean }) => ok)], ['replay', true]);
});

t.test('what cannot be replayed is a wrong call', async (t) => {
  const directory = testFolder(t, { 'bad.jsonl': `${line('chat/a', 1, 0)}\n{"agent":"chat/a"}\n` });
  const file = join(directory, 'bad.jsonl');
  for (const [args, why] of [
    [[file], /bad\.jsonl: Line 2: has no "message"/],
    [[join(directory, 'none.jsonl')], /ENOENT/],
    [[file, '--speed', '-1'], /--speed/],
    [[file, '--agent', 'chat=./none.js'], /no module/],
    [[file, '--agent', 'chat'], /--agent/],
    [[], /missing required argument/],
  ] as const) {
    const { status, stderr } = await bench('replay', ...args);
    t.equal(status, 2, args.join(' '));
    t.match(stderr, why);
  }
});

t.test('a message that nobody answers breaks an invariant', async (t) => {
  const text = [line('probe/a', { do: 'exit', code: 3 }, 0), line('probe/b', { do: 'throw' }, 1)].join('\n');
  const file = join(testFolder(t, { 'traffic.jsonl': text }), 'traffic.jsonl');
  const { status, stdout } = await bench('replay', file, '--agent', `probe=${fixture('probe').pathname}`);
  t.equal(status, 1);
  t.match(stdout, /BROKEN messages without an answer/);
});
