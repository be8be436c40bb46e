import { readdirSync, readlinkSync } from 'node:fs';
import { Supervisor } from 'drowse';
import t from 'tap';
import { eventually } from '../eventually.ts';
import { fixture } from '../host.ts';
import { Random } from '../random.ts';

const CYCLES = Number(process.env.CYCLES ?? 500);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const AGENTS = 5;

/** What this process holds: threads, open files except those of the store, and ports. */
function holdings(directory: string): { threads: number; files: number; ports: number } {
  const files = readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return !readlinkSync(`/proc/self/fd/${fd}`).startsWith(directory);
    } catch {
      // That of the listing itself.
      return false;
    }
  });
  const ports = process.getActiveResourcesInfo().filter((name) => name === 'MessagePort');
  return { threads: readdirSync('/proc/self/task').length, files: files.length, ports: ports.length };
}

t.test(`${CYCLES} sleeps and wakings, with crashes among them, leave nothing behind (SEED=${SEED})`, async (t) => {
  const directory = `${t.testdir()}/data`;
  const random = new Random(SEED);
  const agents = { ledger: fixture('ledger') };
  const host = await Supervisor.open({ directory, durability: 'os', agents, restarts: { backoffMs: [1, 10] } });
  t.teardown(() => host.close({ drainMs: 0 }));
  const entered = Array.from({ length: AGENTS }, () => 0);
  let crashes = 0;
  const cycle = async () => {
    const n = random.below(AGENTS);
    const id = `ledger/${n}`;
    if (random.below(100) === 0) {
      crashes += 1;
      await t.rejects(host.send(id, { do: 'exit' }), { code: 'ERR_DROWSE_AGENT_CRASHED' });
    }
    const number = (entered[n] as number) + 1;
    entered[n] = number;
    if ((await host.send(id, { do: 'enter', number, bytes: random.below(2_000) })) !== number) t.fail('a wrong reply');
    if (!(await host.passivate(id))) t.fail(`${id} was not awake`);
  };
  const asleep = () =>
    eventually('nobody is awake', () => {
      const { agents, workers } = host.stats();
      return agents.active === 0 && agents.warming === 0 && Object.values(workers).every((count) => count === 0);
    });

  for (let n = 0; n < 20; n += 1) await cycle();
  await asleep();
  const before = holdings(directory);
  for (let n = 0; n < CYCLES; n += 1) await cycle();
  await asleep();
  await eventually('everything was given back', () => {
    const after = holdings(directory);
    return after.threads <= before.threads && after.files <= before.files && after.ports <= before.ports;
  });
  for (const [n, last] of entered.entries()) {
    t.match(await host.send(`ledger/${n}`, { do: 'look' }), { last, begun: last, done: last, disorder: [] });
  }
  t.equal(host.stats().crashes, crashes, `${crashes} crashes`);
});
