import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import t from 'tap';
import { eventually } from '../eventually.ts';
import { fixture, openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';

const options = {
  agents: { stuck: fixture('stuck') },
  heartbeatIntervalMs: 20,
  hangTimeoutMs: 200,
  abortGraceMs: 50,
  maxAttempts: 2,
  restarts: { backoffMs: [1, 1] as const },
};

for (const order of ['loop', 'expression', 'sleep']) {
  t.test(`${order}: an agent that blocks its thread is ended, and what waited behind is served`, async (t) => {
    const host = await openHost(t, options);
    t.equal(await host.send('a', 'count'), 1);
    const hung = host.send('a', order);
    const behind = host.send('a', 'count');
    await t.rejects(hung, {
      code: 'ERR_DROWSE_AGENT_HUNG',
      retryable: true,
      message: /^Agent stuck\/a hung in the turn of a send: its event loop was blocked for \d+ ms, /,
    });
    t.equal(await behind, 2, 'and the turn left no trace');
    t.equal(host.stats().crashes, 1);
  });
}

t.test(
  'a thread that cannot be ended is given up; its agent goes on in another, and it is gone once its call returns',
  async (t) => {
    const folder = testFolder(t);
    const fifo = `${folder}/fifo`;
    execFileSync('mkfifo', [fifo]);
    const host = await openHost(t, { ...options, directory: `${folder}/data` });
    t.equal(await host.send('a', 'count'), 1);
    await t.rejects(host.send('a', { readFrom: fifo }), { code: 'ERR_DROWSE_AGENT_HUNG' });
    t.equal(await host.send('a', 'count'), 2);
    t.match(host.stats(), { workers: { zombies: 1, threads: 2 }, zombies: [{ agentId: 'stuck/a', since: Number }] });
    writeFileSync(fifo, 'the end');
    await eventually('the zombie is gone', () => host.stats().workers.threads === 1);
    t.match(host.stats(), { workers: { zombies: 0 }, zombies: [] });
    t.equal(await host.send('a', 'count'), 3);
  },
);

t.test('the error says where in the code the agent hung', async (t) => {
  const host = await openHost(t, options);
  const error = await host.send('a', 'loop').catch((error: Error) => error);
  t.match((error as Error).message, /, at \w+ \(file:\S+\/stuck\.ts:\d+\)( < receive \(file:\S+\))?$/);
});

t.test('an agent that hangs while it holds more memory than it may is told of the memory', async (t) => {
  // Too short for the half a second after which the memory alone would end it.
  const host = await openHost(t, { ...options, hangTimeoutMs: 400, maxHeapMb: 32 });
  await t.rejects(host.send('a', { holdMb: 40 }), { code: 'ERR_DROWSE_AGENT_OUT_OF_MEMORY' });
  t.equal(await host.send('a', 'count'), 1);
});

t.test('a tell that hangs its agent is given up after its attempts, and says so', async (t) => {
  const host = await openHost(t, options);
  await host.tell('a', 'loop');
  await host.tell('a', 'count');
  const letter = await eventually('it was given up', async () => (await host.deadLetters.list().next()).value ?? null);
  t.match(letter, { cause: /hung in the turn of a tell/, attempts: [{}, {}] });
  await eventually('the next was processed', async () => (await host.inspect('a'))?.inbox.waiting === 0);
});

t.test('an agent whose loop turns without ever waiting is not hung', async (t) => {
  const host = await openHost(t, options);
  t.equal(await host.send('a', { turnFor: 5 * options.hangTimeoutMs }), 1);
  t.equal(host.stats().crashes, 0);
});

t.test('turns that follow each other without a wait are not taken for one that hangs', async (t) => {
  const host = await openHost(t, options);
  const turns = Array.from({ length: 20 }, () => host.send('a', { spinFor: options.hangTimeoutMs / 4 }));
  t.equal((await Promise.all(turns)).at(-1), 20);
  t.equal(host.stats().crashes, 0);
});

t.test('when the wall clock is set back, no agent is taken for hung', async (t) => {
  const host = await openHost(t, options);
  const crashed: string[] = [];
  host.on('crashed', ({ agentId }) => crashed.push(agentId));
  t.equal(await host.send('a', 'count'), 1);
  const { now } = Date;
  t.teardown(() => {
    Date.now = now;
  });
  Date.now = () => now() - 3_600_000;
  // Others are given the time to hang, one after the other.
  for (const id of ['b', 'c']) await t.rejects(host.send(id, 'loop'), { code: 'ERR_DROWSE_AGENT_HUNG' });
  t.notOk(crashed.includes('stuck/a'));
  t.equal(await host.send('a', 'count'), 2);
});

t.test('an agent that awaits something is not hung, but its turn has an end', async (t) => {
  const host = await openHost(t, { ...options, turnTimeoutMs: 400 });
  await t.rejects(host.send('a', 'await'), { code: 'ERR_DROWSE_TIMEOUT', message: /turnTimeoutMs \(400 ms\)/ });
  t.equal(await host.send('a', 'count'), 1, 'and the turn was rolled back');
  t.equal(host.stats().crashes, 0);
});
