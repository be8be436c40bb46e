// A program that soak.torture.ts runs long, and soak.test.ts short.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { queryObjects } from 'node:v8';
import { Supervisor } from 'drowse';
import t from 'tap';
import { eventually } from '../eventually.ts';
import type { Entry, Ledger } from '../fixtures/ledger.ts';
import { fixture } from '../host.ts';
import { Random } from '../random.ts';
import { testFolder } from '../test-folder.ts';
import { countRows } from './kill-audit.ts';

const CYCLES = Number(process.env.CYCLES ?? 500);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const IDS = ['ledger/0', 'ledger/1', 'ledger/2', 'ledger/3', 'distant/0'];
/** How much more this process may hold at the end than after the first tenth, in MiB. */
const FLAT_MIB = 24;

const FAULTS = [
  ['exit', 'CRASHED'],
  ['reject', 'CRASHED'],
  ['hang', 'HUNG'],
  ['hoard', 'OUT_OF_MEMORY'],
] as const;

function nameOf(thread: string): string | undefined {
  try {
    return readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trim();
  } catch {
    return undefined; // It is gone.
  }
}

/** What this process holds: threads, open files except those of the store, listeners, and what keeps its loop busy, by kind. */
function holdings(directory: string): Record<string, number> {
  const files = readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return !readlinkSync(`/proc/self/fd/${fd}`).startsWith(directory);
    } catch {
      // That of the listing itself.
      return false;
    }
  });
  const resources = Map.groupBy(process.getActiveResourcesInfo(), (name) => name);
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  // Those of the thread pool come when they are first needed, and LevelDB's own, which has their name.
  const threads = readdirSync('/proc/self/task').filter((id) => nameOf(id) !== 'libuv-worker');
  return {
    threads: threads.length,
    files: files.length,
    listeners,
    ...Object.fromEntries([...resources].map(([name, { length }]) => [name, length])),
  };
}

/** One spare of each type, and nothing else. */
const AT_REST = { starting: 0, active: 0, stopping: 0, backoff: 0, spares: 2, zombies: 0, threads: 1, processes: 1 };

/** The median of a tenth of the cycles. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

/** The classes of what an agent takes while it is awake, and how many of each there are at rest. */
async function awakeKinds(): Promise<[kind: { readonly name: string }, atRest: number][]> {
  const at = (path: string) => import(new URL(path, import.meta.resolve('drowse')).href);
  const [{ Agent }, { Incarnation }, { Isolate }] = await Promise.all([
    at('agent.js'),
    at('incarnation/incarnation.js'),
    at('isolates/isolate.js'),
  ]);
  return [
    [Agent, 0],
    [Incarnation, 0],
    [Isolate, AT_REST.spares],
  ];
}

async function all<Item>(list: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of list) items.push(item);
  return items;
}

t.test(`${CYCLES} sleeps and wakings, with crashes among them, leave nothing behind (SEED=${SEED})`, async (t) => {
  const directory = `${testFolder(t)}/data`;
  const random = new Random(SEED);
  const host = await Supervisor.open({
    directory,
    durability: 'os',
    agents: { ledger: fixture('ledger'), distant: { module: fixture('ledger'), isolation: 'process' } },
    maxHeapMb: 64,
    heartbeatIntervalMs: 50,
    // One that hoards may collect garbage for two seconds on a loaded machine, and is not to be taken for hung.
    hangTimeoutMs: 5_000,
    // A crash is remembered for so long, by a timer.
    restarts: { backoffMs: [1, 10], windowMs: 10_000 },
    maxAttempts: 2,
    idleTimeoutMs: 100,
    sweepIntervalMs: 50,
    spares: 1,
  });
  t.teardown(() => host.close({ drainMs: 0 }));
  const sent = new Map<string, number>();
  /** The next entry of a teller. */
  const next = (id: string, teller: string): Entry => {
    const number = (sent.get(`${id} ${teller}`) ?? 0) + 1;
    sent.set(`${id} ${teller}`, number);
    const pass = random.below(3) === 0 ? [random.pick(IDS)] : [];
    const ring = random.below(3) === 0 ? { ring: random.below(30) } : {};
    return { do: 'enter', teller, number, bytes: random.below(2_000), pass, ...ring };
  };
  let crashes = 0;
  let names = 0;

  const acts: ((id: string) => Promise<void>)[] = [
    async (id) => {
      await host.send(id, next(id, 'sender'));
    },
    async (id) => {
      for (let n = random.below(5); n >= 0; n -= 1) await host.tell(id, next(id, 'teller'));
    },
    async (id) => {
      const entry = next(id, 'keyed');
      const once = { idempotencyKey: `key ${entry.number}` };
      const [first, second] = await Promise.all([host.send(id, entry, once), host.send(id, entry, once)]);
      const third = await host.send(id, entry, once);
      if (first !== second || first !== third) t.fail('a repeat got another reply');
    },
    async () => {
      // An agent of its own is told, sets alarms, and is deleted in the middle of it.
      names += 1;
      const victim = `ledger/victim-${names}`;
      await host.send(victim, { do: 'enter', teller: 'one', number: 1, ring: 3_600_000, slot: 5 });
      await Promise.all([2, 3, 4].map((number) => host.tell(victim, { do: 'enter', teller: 'one', number })));
      if (!(await host.delete(victim))) t.fail('there was nothing to delete');
    },
  ];
  const rare: typeof acts = [
    async (id) => {
      crashes += 1;
      const [fault, code] = random.pick(FAULTS);
      await t.rejects(host.send(id, { do: fault }), { code: `ERR_DROWSE_AGENT_${code}` });
    },
    async (id) => {
      await host.tell(id, { do: 'fail' });
      const letters = () => all(host.deadLetters.list({ agentId: id }));
      const dead = await eventually('it is dead', async () => (await letters())[0]);
      if (!(await host.deadLetters.requeue(dead.id))) t.fail('it could not be told again');
      const again = await eventually('it is dead again', async () =>
        (await letters()).find((one) => one.id !== dead.id),
      );
      if (!(await host.deadLetters.drop(again.id))) t.fail('it could not be dropped');
    },
  ];
  const cycle = async () => {
    const id = random.pick(IDS);
    if (random.below(50) === 0) await random.pick(rare)(id);
    await random.pick(acts)(id);
    await host.passivate(id);
  };
  const asleep = () =>
    eventually('nobody is awake, and nothing waits', async () => {
      const { agents, workers } = host.stats();
      if (agents.active > 0 || agents.warming > 0 || !isDeepStrictEqual(workers, AT_REST)) return false;
      const infos = await Promise.all(IDS.map((id) => host.inspect(id)));
      return infos.every((info) => !info || (info.inbox.waiting === 0 && info.inbox.alarms.length === 0));
    });

  for (let n = 0; n < Math.min(40, CYCLES); n += 1) await cycle();
  await asleep();
  const before = holdings(directory);
  const resident: number[] = [];
  for (let n = 0; n < CYCLES; n += 1) {
    await cycle();
    // What V8 has not collected yet would tell nothing.
    if (n % 10 !== 0) continue;
    globalThis.gc?.();
    resident.push(process.memoryUsage.rss() / 2 ** 20);
  }
  await asleep();
  const kept = () => Object.entries(holdings(directory)).filter(([name, count]) => count > (before[name] ?? 0));
  const isFreed = async () => {
    // One alarm that rings makes the clock look for the next, which may have been that of an agent deleted since.
    await host.send('ledger/0', { ...next('ledger/0', 'sender'), ring: 1 });
    await asleep();
    return kept().length === 0;
  };
  await eventually('everything was given back', isFreed).catch(() => {});
  t.same(kept(), [], 'everything was given back');
  for (const [kind, atRest] of await awakeKinds()) {
    await eventually(`no ${kind.name} is left over`, () => queryObjects(kind as never, { format: 'count' }) === atRest);
  }
  const tenth = Math.ceil(resident.length / 10);
  const [early, late] = [resident.slice(tenth, 2 * tenth), resident.slice(-tenth)].map(median) as [number, number];
  t.comment(`resident: ${early.toFixed(0)} MiB after a tenth, ${late.toFixed(0)} MiB at the end`);
  if (CYCLES >= 1_000) t.ok(late < early + FLAT_MIB, `memory is flat: ${early.toFixed(0)} to ${late.toFixed(0)} MiB`);

  const ledgers = new Map<string, Ledger>();
  for (const id of IDS) ledgers.set(id, (await host.inspect(id, { state: true }))?.state as Ledger);
  for (const [id, { begun, done, rings, wrong, tellers }] of ledgers) {
    const { set } = rings;
    t.match({ begun, rings, wrong }, { begun: done, rings: { upTo: set, above: [] }, wrong: [] }, id);
    const counts = IDS.map((from) => [from, ledgers.get(from)?.passed[id]] as const);
    for (const teller of ['sender', 'teller', 'keyed']) counts.push([teller, sent.get(`${id} ${teller}`)]);
    const expected = counts.filter(([, last]) => last).map(([teller, last]) => [teller, { last, missing: [] }]);
    t.same(tellers, Object.fromEntries(expected), 'and all that was sent, told and passed on came once and in order');
    t.same(await all(host.inbox(id)), [], 'nothing waits for it');
  }
  t.equal(host.stats().crashes, crashes, `${crashes} crashes`);

  await host.close();
  const { a, d: _, k, m: __, o, ...left } = await countRows(directory);
  t.equal(a, IDS.length, 'only those agents are there');
  t.equal(k, o, 'and what was replied under keys');
  t.same(left, {}, 'and no row of a message, a note, an alarm, a dead letter or a deleted agent');
});
