import t from 'tap';
import { Caller } from '../../bench/alternatives/caller.ts';
import type { Host } from '../../bench/alternatives/host.ts';
import { hostNames, openHost } from '../../bench/alternatives/hosts.ts';
import { testFolder } from '../test-folder.ts';

const AGENTS = 3;
const HISTORY = 4;

// Durable Objects are run from compiled sources alone.
for (const name of hostNames.filter((name) => name !== 'Durable Objects')) {
  t.test(
    `${name}: what agents are told is answered once and kept, also out of memory and after a restart`,
    async (t) => {
      const directory = testFolder(t);
      {
        await using host = await openHost(name, directory);
        const caller = new Caller(host, AGENTS, HISTORY);
        await caller.fill();
        await caller.perSecond(20, 10);
        await host.forget?.(1);
        await caller.send(1);
        t.same(
          (await caller.invariants(name)).filter(({ ok }) => !ok),
          [],
        );
      }
      await using again = await openHost(name, directory);
      const { messages, amended } = await again.kept(0);
      t.same([messages.length, amended], [HISTORY, 8]);
    },
  );
}

t.test('a host that answers and loses a turn, or takes one twice, breaks an invariant', async (t) => {
  for (const [share, what] of [
    [0, 'lost'],
    [2, 'taken twice'],
  ] as const) {
    await using host = await openHost('Map, JSON files', testFolder(t));
    const caller = new Caller(faulty(host, share), AGENTS, HISTORY);
    await caller.fill();
    await caller.perSecond(20, 10);
    t.ok(
      (await caller.invariants(what)).some(({ ok }) => !ok),
      what,
    );
  }
});

/** Takes the fifth amendment so many times. */
function faulty(host: Host, times: number): Host {
  let amended = 0;
  return {
    pid: host.pid,
    kept: (agent) => host.kept(agent),
    async send(agent, told) {
      if ('amend' in told) amended += 1;
      if (amended === 5 && 'amend' in told) {
        for (let n = 0; n < times; n += 1) await host.send(agent, told);
        return { messages: HISTORY, amended: 2 };
      }
      return host.send(agent, told);
    },
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}
