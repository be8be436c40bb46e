import t from 'tap';
import type { Supervisor } from '../../runtime/index.ts';
import { eventually } from '../eventually.ts';
import { fixture, openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';
import { inboxOf, lettersOf } from './durable-messages.ts';

const QUARANTINED = { code: 'ERR_DROWSE_AGENT_QUARANTINED', retryable: false };
const exit = { do: 'exit', code: 3 };
const restarts = { limit: 2, backoffMs: [1, 1] as const };

/** Has an agent crash until it is quarantined. */
async function quarantine(host: Supervisor, agentId: string): Promise<void> {
  for (let crash = 0; crash < 3; crash += 1) await host.send(agentId, exit).catch(() => {});
  await eventually('it is quarantined', async () => (await host.inspect(agentId))?.status === 'quarantined');
}

t.test(
  'an agent that crashes too often is quarantined: it refuses turns with the cause, and is not started',
  async (t) => {
    const host = await openHost(t, { restarts });
    const told: unknown[] = [];
    host.on('quarantined', ({ agentId, crashes }) => told.push(['quarantined', agentId, crashes]));
    host.on('released', ({ agentId }) => told.push(['released', agentId]));
    await host.send('probe/a', { do: 'note', what: 'before' });
    await quarantine(host, 'probe/a');
    const cause = /probe\/a is quarantined since .*, after 3 crashes in a row, the last: .*exit code 3/;
    await t.rejects(host.send('probe/a', { do: 'notes' }), { ...QUARANTINED, agentId: 'probe/a', message: cause });
    await t.rejects(host.warm('probe/a'), QUARANTINED);
    t.match(await host.inspect('probe/a', { state: true }), {
      status: 'quarantined',
      why: /it crashed 3 times in a row/,
      quarantine: { crashes: 3, cause: /exit code 3/ },
      state: { notes: ['before'] },
    });
    t.match(host.stats(), { agents: { quarantined: 1, active: 0, inactive: 1 }, workers: { threads: 0 }, crashes: 3 });
    for await (const { status } of host.list()) t.equal(status, 'quarantined');
    t.equal(await host.send('probe/b', { do: 'note', what: 1 }), 1, 'others go on');

    t.equal(await host.release('probe/a'), true);
    t.equal(await host.release('probe/a'), false);
    t.same(await host.send('probe/a', { do: 'notes' }), ['before']);
    t.equal(host.stats().agents.quarantined, 0);
    t.same(told, [
      ['quarantined', 'probe/a', 3],
      ['released', 'probe/a'],
    ]);
  },
);

t.test('the sends that wait as an agent is quarantined are refused with the cause', async (t) => {
  const host = await openHost(t, { restarts });
  const sends = [exit, exit, exit, { do: 'nothing' }, { do: 'nothing' }].map((order) =>
    host.send('probe/a', order).catch((error) => error.code),
  );
  const crashed = 'ERR_DROWSE_AGENT_CRASHED';
  t.same(await Promise.all(sends), [crashed, crashed, crashed, QUARANTINED.code, QUARANTINED.code]);
});

t.test(
  'its inbox fills, is looked at, skipped and requeued without starting it, through a restart of the host',
  async (t) => {
    const directory = `${testFolder(t)}/data`;
    const first = await openHost(t, { directory, restarts });
    await quarantine(first, 'probe/a');
    for (const what of [1, 2]) await first.tell('probe/a', { do: 'note', what });
    await first.close();

    const host = await openHost(t, { directory, restarts });
    await t.rejects(host.send('probe/a', { do: 'notes' }), QUARANTINED);
    await host.tell('probe/a', { do: 'note', what: 3 });
    const waiting = await inboxOf(host, 'probe/a');
    t.match(
      waiting.map(({ message }) => message),
      [{ what: 1 }, { what: 2 }, { what: 3 }],
    );
    t.equal(await host.skip('probe/a', waiting[0]?.id ?? ''), true);
    t.equal(await host.skip('probe/a', waiting[1]?.id ?? ''), true);
    const [letter] = await lettersOf(host);
    t.equal(await host.deadLetters.requeue(letter?.id ?? ''), true);
    t.equal((await host.inspect('probe/a'))?.inbox.waiting, 2);
    t.match(host.stats(), { workers: { threads: 0 }, agents: { quarantined: 1 } });

    t.equal(await host.release('probe/a'), true);
    await eventually('what waited is processed', async () => (await host.inspect('probe/a'))?.inbox.waiting === 0);
    t.same(await host.send('probe/a', { do: 'notes' }), [3, 1]);
  },
);

t.test('an agent that cannot start for a message that waits is given up, and the message waits on', async (t) => {
  const host = await openHost(t, { agents: { stillborn: fixture('stillborn') }, restarts });
  await host.tell('a', 1);
  await eventually('it is quarantined', async () => (await host.inspect('a'))?.status === 'quarantined');
  t.match(await host.inspect('a'), { inbox: { waiting: 1 }, quarantine: { crashes: 3 } });
});

t.test('a turn that ends is progress', async (t) => {
  const host = await openHost(t, { restarts });
  for (let round = 1; round <= 4; round += 1) {
    for (let crash = 0; crash < 2; crash += 1) await t.rejects(host.send('probe/a', exit), { code: /CRASHED$/ });
    t.equal(await host.send('probe/a', { do: 'note', what: round }), round);
  }
});

t.test('a message that is given up is progress', async (t) => {
  const host = await openHost(t, { restarts, maxAttempts: 2 });
  for (let n = 0; n < 4; n += 1) await host.tell('probe/a', exit);
  await host.tell('probe/a', { do: 'note', what: 'after' });
  await eventually('the last is processed', async () => (await host.inspect('probe/a'))?.sequence === 1);
  t.match(host.stats(), { crashes: 8, agents: { quarantined: 0 } });
});

t.test('a thread that is ended for ignoring a timeout is no crash', async (t) => {
  const host = await openHost(t, { restarts: { ...restarts, limit: 0 }, abortGraceMs: 1 });
  for (let n = 0; n < 3; n += 1) {
    await t.rejects(host.send('probe/a', { do: 'ignoreAbort' }, { timeoutMs: 1 }), { code: 'ERR_DROWSE_TIMEOUT' });
  }
  t.equal(await host.send('probe/a', { do: 'note', what: 1 }), 1);
});

t.test('a delete ends the quarantine, on disk too', async (t) => {
  const directory = `${testFolder(t)}/data`;
  const first = await openHost(t, { directory, restarts });
  await first.send('probe/a', { do: 'note', what: 'before' });
  await quarantine(first, 'probe/a');
  t.equal(await first.delete('probe/a'), true);
  t.equal(await first.send('probe/a', { do: 'note', what: 'anew' }), 1);
  await first.close();
  const host = await openHost(t, { directory, restarts });
  t.same(await host.send('probe/a', { do: 'notes' }), ['anew']);
});
