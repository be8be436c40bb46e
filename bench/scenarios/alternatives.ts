import { mkdir, mkdtempDisposable } from 'node:fs/promises';
import { join } from 'node:path';
import { Caller } from '../alternatives/caller.ts';
import { DurableObjects } from '../alternatives/durable-objects.ts';
import { hostNames, openHost } from '../alternatives/hosts.ts';
import { memoryOf } from '../alternatives/memory.ts';
import { progress } from '../progress.ts';
import { type Context, type Figure, figure, type Invariant, type Limit, type Outcome } from '../scenario.ts';
import { median, overRounds } from '../statistics.ts';

export const about =
  'The same conversations in a Map and JSON files, in Piscina and LevelDB, and in Durable Objects if workerd is installed';

const HISTORY = 100;
const IN_FLIGHT = 1_000;
/** Of messages a second, against Durable Objects. */
const LIMITS: Readonly<Record<string, Limit>> = { 'Durable Objects': { atLeast: 10 } };
/** RSS of a process at rest moves by about this for each of so many agents: less is not to be told from nothing. */
const LEAST_MIB = 0.01;

/** A figure of one round, of each host that has it. */
type Measured = ReadonlyMap<string, number>;
type Callers = ReadonlyMap<string, Caller>;

export async function run(context: Context): Promise<Outcome> {
  if (!DurableObjects.isInstalled()) {
    console.error('Durable Objects are left out. To have them beside the others: npm i --no-save workerd');
  }
  const rounds = context.short ? 1 : 5;
  const agents = context.short ? 20 : 50;
  const memory: Measured[] = [];
  for (let round = 1; process.platform === 'linux' && round <= (context.short ? 1 : 3); round += 1) {
    memory.push(await memoryRound(context));
  }

  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(await mkdtempDisposable(join(context.directory, 'drowse-bench-')));
  const callers = new Map<string, Caller>();
  for (const name of hostNames) {
    progress(`${name}: filling`);
    const place = join(scratch.path, String(callers.size));
    await mkdir(place);
    const caller = new Caller(stack.use(await openHost(name, place)), agents, HISTORY);
    await caller.fill();
    callers.set(name, caller);
  }
  const warm: Measured[] = [];
  const cold: Measured[] = [];
  const rates: Measured[] = [];
  // The first round warms all of them up.
  for (let round = 0; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    warm.push(await inTurn(callers, context.short ? 100 : 500, (caller, n) => caller.send(n)));
    rates.push(await rateRound(callers, context.short));
  }
  // Apart: in threads that are new, V8 has compiled nothing yet.
  const sleepers = new Map([...callers].filter(([, { host }]) => 'forget' in host));
  const woken: Measured[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    progress(`asleep, round ${round} of ${rounds}`);
    cold.push(await coldRound(sleepers, agents));
    woken.push(await rateRound(sleepers, context.short));
  }

  const compare = (name: string, unit: string, taken: readonly Measured[], limits: typeof LIMITS = {}): Figure[] =>
    hostNames.slice(1).flatMap((host) => {
      const pairs = taken.flatMap((round) => {
        const value = round.get('drowse');
        const yardstick = round.get(host);
        return value === undefined || yardstick === undefined ? [] : [{ value, yardstick }];
      });
      if (pairs.length === 0) return [];
      const limit = limits[host];
      return [figure({ name: `${name}, beside ${host}`, unit, ...overRounds(pairs), ...(limit && { limit }) })];
    });
  const invariants: Invariant[] = [];
  for (const [name, caller] of callers) invariants.push(...(await caller.invariants(name)));
  return {
    figures: [
      ...compare('warm, median', 'ms', warm.slice(1)),
      ...compare(`${IN_FLIGHT.toLocaleString('en')} in flight`, 'msg/s', rates.slice(1), LIMITS),
      ...compare('first after sleep, median', 'ms', cold),
      ...compare(`${IN_FLIGHT.toLocaleString('en')} in flight, all just woken`, 'msg/s', woken),
      ...compare('RSS of an agent in memory', 'MiB', memory),
    ],
    invariants,
  };
}

function coldRound(sleepers: Callers, calls: number): Promise<Measured> {
  return inTurn(sleepers, calls, async (caller, n) => {
    await caller.forget(n);
    return await caller.send(n);
  });
}

/** The medians of single calls, one to each host in turn: whatever else the machine does falls on all. */
async function inTurn(
  callers: Callers,
  calls: number,
  call: (caller: Caller, n: number) => Promise<number>,
): Promise<Measured> {
  const times = new Map([...callers.keys()].map((name) => [name, [] as number[]]));
  for (let n = 0; n < calls; n += 1) {
    for (const [name, caller] of callers) times.get(name)?.push(await call(caller, n));
  }
  return new Map([...times].map(([name, each]) => [name, median(each)]));
}

/** One host after the other, each for a second or two. */
async function rateRound(callers: Callers, short: boolean): Promise<Measured> {
  const rates = new Map<string, number>();
  for (const [name, caller] of callers) {
    const count = name === 'drowse' ? 25_000 : 4_000;
    rates.set(name, await caller.perSecond(short ? count / 4 : count, IN_FLIGHT));
  }
  return rates;
}

async function memoryRound({ directory, short }: Context): Promise<Measured> {
  const sizes = new Map<string, number>();
  for (const name of hostNames) {
    progress(`${name}: memory`);
    const size = await memoryOf({ name, directory, agents: short ? 10 : 100, history: HISTORY });
    sizes.set(name, Math.max(size, LEAST_MIB));
  }
  return sizes;
}
