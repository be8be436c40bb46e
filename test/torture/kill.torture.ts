import { examineStore } from 'drowse';
import t from 'tap';
import { eventually } from '../eventually.ts';
import { Random } from '../random.ts';
import { testFolder } from '../test-folder.ts';
import { audit, countRows, settle } from './kill-audit.ts';
import { Client, type How, LedgerHost, Refused } from './ledger-client.ts';

const KILLS = Number(process.env.KILLS ?? 50);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const AGENTS = Array.from({ length: 6 }, (_, n) => `ledger/${n}`);
/** These have an alarm that repeats. */
const TICKING = AGENTS.slice(0, 2);
const HOWS: How[] = ['send', 'keyed send', 'tell', 'keyed tell'];
/** What a client may be told once its host is on its way out. */
const FAREWELLS = ['GONE', 'ERR_DROWSE_CLOSED'];

/** What one entry is to do beside being counted. */
function details(random: Random, { agent, how }: Client): object {
  const one = (times: number) => random.below(times) === 0;
  return {
    // Mostly short, at times long enough to outgrow the snapshot.
    ...(one(5) && { bytes: one(20) ? random.below(50_000) : random.below(200) }),
    ...(one(4) && { pass: Array.from({ length: 1 + random.below(3) }, () => random.pick(AGENTS)) }),
    ...(one(6) && { ring: random.below(400) }),
    ...(one(8) && { slot: one(3) ? null : random.below(300) }),
    ...(how.endsWith('tell') && one(12) && { shaky: true }),
    ...(TICKING.includes(agent) && { every: 300 }),
  };
}

/** Talks until the host is gone, which `end` brings about after the given number of acknowledgements. */
async function converse(host: LedgerHost, clients: Map<Client, Random>, endAfter: number, end: () => void) {
  let acknowledged = 0;
  if (endAfter === 0) end();
  const talk = async (client: Client, random: Random) => {
    for (;;) {
      await client.enter(host, details(random, client));
      acknowledged += 1;
      if (acknowledged === endAfter) end();
    }
  };
  const ends = await Promise.allSettled([...clients].map(([client, random]) => talk(client, random)));
  const reasons = ends.map((end) => (end.status === 'rejected' ? end.reason : 'an end without a reason'));
  return { acknowledged, unexpected: reasons.filter(({ code }) => !FAREWELLS.includes(code)) };
}

/** Resolves with what came of it; undefined where the host was killed meanwhile. */
async function unlessKilled<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Refused && error.code === 'GONE') return undefined;
    throw error;
  }
}

t.test(`${KILLS} kills at any moment lose, double and reorder nothing (SEED=${SEED})`, async (t) => {
  const directory = `${testFolder(t)}/data`;
  const random = new Random(SEED);
  const clients = new Map<Client, Random>();
  for (const agent of AGENTS) {
    for (const how of HOWS) {
      const client = new Client(agent, `${how.replace(' ', '-')}er`, how);
      clients.set(client, new Random(SEED * 1_000 + clients.size));
    }
  }
  const everyone = [...clients.keys()];
  const open = () => new LedgerHost(directory, { durability: random.pick(['fsync', 'os']) });
  let host = open();
  t.teardown(() => {
    host.kill();
    for (const client of everyone) client.close();
  });
  let total = 0;
  let wasAtRest = false;

  const countTicks = async () => {
    const infos = await Promise.all(TICKING.map((agent) => host.inspect(agent)));
    return infos.reduce((sum, info) => sum + (info?.state?.ticks.count ?? 0), 0);
  };
  /** Compares what is on disk with the clients' logs, and repeats what they don't know the end of. */
  const check = async (thorough: boolean): Promise<string[]> => {
    const wrong = await audit(host, everyone, false);
    if (thorough) {
      // As long as nobody says anything: whatever waits has to be taken up by itself.
      wrong.push(...(await settle(host, everyone)));
      const before = await countTicks();
      if (total > 0) await eventually('the alarm that repeats comes again', async () => (await countTicks()) > before);
    }
    for (const found of await Promise.all(everyone.map((client) => client.settle(host)))) wrong.push(...found);
    return wrong;
  };

  for (let kill = 1; kill <= KILLS; kill += 1) {
    const current = host;
    const end = () => current.kill();
    const manner = random.below(8);
    const moment = random.below(random.below(4) === 0 ? 20 : 500);
    // One in eight is killed at rest, when only alarms are to come.
    const atRest = manner === 2;
    const thorough: boolean = atRest || wasAtRest || random.below(3) === 0;
    wasAtRest = atRest;
    // One in eight dies while it opens the store, or soon after.
    if (manner === 0) setTimeout(end, moment);
    const wrong = await unlessKilled(check(thorough));
    if (wrong === undefined) t.equal(manner, 0, `the host opened the store before kill ${kill}, or was killed before`);
    else t.same(wrong, [], `before kill ${kill}`);
    // One in eight was asked to stop, and is killed while it does.
    const stop = () => {
      current.kill('SIGTERM');
      setTimeout(end, moment / 5);
    };
    const { acknowledged, unexpected } = await converse(host, clients, atRest ? 0 : moment, manner === 1 ? stop : end);
    t.same(unexpected, [], `no call was refused before kill ${kill}`);
    total += acknowledged;
    end();
    await host.gone;
    host = open();
  }

  t.same(await check(true), [], 'at the end');
  t.same(await settle(host, everyone), [], 'and when all is processed');
  t.same(await host.deadLetters(), [], 'no message was given up');
  host.kill('SIGTERM');
  await host.gone;
  t.same(await examineStore({ directory, onFinding: (finding) => t.fail(JSON.stringify(finding)) }), {
    agents: AGENTS.length,
    findings: 0,
    left: 0,
    aside: 0,
  });
  const { i = 0, l, w } = await countRows(directory);
  t.same(
    [i, l, w],
    [0, TICKING.length, TICKING.length],
    'no row of a message is left, and of alarms only those that repeat',
  );
  t.ok(total > KILLS * 50, `${total} messages were acknowledged`);
});
