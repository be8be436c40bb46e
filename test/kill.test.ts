import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { openHost } from './host.ts';
import { testFolder } from './test-folder.ts';
import { settle } from './torture/kill-audit.ts';
import { Client, LedgerHost } from './torture/ledger-client.ts';

const AGENTS = 200;
const MESSAGES = 50;

/** One client for each agent, which sends its next message when the last was acknowledged. Returns what was, when the host is gone. */
async function converse(host: ChildProcess, killAfter: number): Promise<number[]> {
  const acknowledged = Array.from({ length: AGENTS }, () => 0);
  const say = (agent: number) => {
    const what = acknowledged[agent] as number;
    if (what < MESSAGES) host.send({ n: agent, agent: `probe/${agent}`, message: { do: 'note', what } }, () => {});
  };
  let total = 0;
  host.on('message', ({ n }: { n: number }) => {
    (acknowledged[n] as number) += 1;
    total += 1;
    if (total === killAfter) host.kill('SIGKILL');
    say(n);
  });
  for (let agent = 0; agent < AGENTS; agent += 1) say(agent);
  await once(host, 'exit');
  return acknowledged;
}

t.test('a host killed in the middle of 200 conversations has lost and doubled nothing', async (t) => {
  const directory = `${testFolder(t)}/data`;
  const child = fork(new URL('./fixtures/host-process.ts', import.meta.url), [directory], { execArgv: [] });
  await once(child, 'message');
  const acknowledged = await converse(child, (AGENTS * MESSAGES) / 2);
  t.equal(child.signalCode, 'SIGKILL');

  const host = await openHost(t, { directory });
  let found = 0;
  for (const [agent, count] of acknowledged.entries()) {
    const info = await host.inspect(`probe/${agent}`, { state: true });
    const { notes } = (info?.state ?? { notes: [] }) as { notes: number[] };
    found += notes.length;
    // The message under way when the kill came may have been committed and not acknowledged.
    t.ok(
      notes.length === count || notes.length === count + 1,
      `agent ${agent}: ${count} acknowledged, ${notes.length} kept`,
    );
    t.same(notes, Array.from(notes.keys()), `agent ${agent}: in order, each once`);
  }
  t.ok(found >= (AGENTS * MESSAGES) / 2);

  for (const agent of [0, 50, 100, 150, 199]) {
    const kept = await host.send<number[]>(`probe/${agent}`, { do: 'notes' });
    for (let what = kept.length; what < MESSAGES; what += 1) await host.send(`probe/${agent}`, { do: 'note', what });
    t.same(
      await host.send(`probe/${agent}`, { do: 'notes' }),
      Array.from({ length: MESSAGES }, (_, i) => i),
    );
  }
});

t.test(
  'a killed host has kept what was told and every alarm: each comes once, and a repeat under a key is settled',
  async (t) => {
    const directory = `${testFolder(t)}/data`;
    const agents = ['ledger/0', 'ledger/1', 'ledger/2'];
    const hows = ['send', 'keyed send', 'tell', 'keyed tell'] as const;
    const clients = agents.flatMap((agent) => hows.map((how) => new Client(agent, how.replace(' ', '-'), how)));
    let host = new LedgerHost(directory);
    t.teardown(() => {
      host.kill();
      for (const client of clients) client.close();
    });
    let total = 0;
    const talk = async (client: Client) => {
      for (;;) {
        await client.enter(host, { pass: [agents[client.sent % 3]], ring: client.sent % 100 });
        total += 1;
        if (total === 200) host.kill();
      }
    };
    const ends = await Promise.allSettled(clients.map(talk));
    t.match(ends, Array(clients.length).fill({ reason: { code: 'GONE' } }));
    await host.gone;

    host = new LedgerHost(directory);
    t.same(await settle(host, clients), [], 'all that was acknowledged is processed, with nobody asking for it');
    t.same((await Promise.all(clients.map((client) => client.settle(host)))).flat(), []);
    t.same(await settle(host, clients), [], 'and what was repeated, once');
    t.same(await host.deadLetters(), []);
  },
);
