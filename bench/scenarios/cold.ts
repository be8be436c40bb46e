import { serialize } from 'node:v8';
import { agents, message } from '../agents.ts';
import { timed } from '../load.ts';
import { progress } from '../progress.ts';
import { recordOf } from '../recording-store.ts';
import { type Context, type Figure, figure, type Invariant, join, type Limit, type Outcome } from '../scenario.ts';
import { median, overRounds, quantile } from '../statistics.ts';
import { Waking } from '../waking.ts';
import { BareWorker } from '../yardsticks/bare-worker.ts';
import { EchoThenPut } from '../yardsticks/echo-then-put.ts';

export const about =
  'The first message to a sleeping agent, in a spare and without one, against spawning a bare worker, and against a bare echo, put and get';

const MESSAGES = 100;
const SIZES = [
  { name: '1 KB', bytes: 1_000, wakes: 20 },
  { name: '100 KB', bytes: 100_000, wakes: 20 },
  { name: '10 MB', bytes: 10_000_000, wakes: 4 },
] as const;

export async function run(context: Context): Promise<Outcome> {
  return join([await conversations(context), await sizes(context)]);
}

/** Wakes of a conversation of 100 messages. */
async function conversations(context: Context): Promise<Outcome> {
  const { directory, short } = context;
  const wakes = short ? 10 : 40;
  await using bare = await Waking.open({ directory, spares: 0, type: 'conversation' });
  await using spare = await Waking.open({ directory, spares: 1, type: 'conversation' });
  const record = await recordOf(agents.conversation, { say: message.text });
  const bytes = serialize(message);
  await using loop = await EchoThenPut.open({ directory, durability: 'os', message: bytes, record });
  for (const waking of [bare, spare]) {
    for (let n = 0; n < MESSAGES; n += 1) await waking.tell({ say: `${n} ${message.text}` });
  }

  const rounds: Record<'bare' | 'spare' | 'spawn' | 'loop' | 'sleep', number[]>[] = [];
  // The first round warms all up.
  for (let round = 0; round <= (short ? 3 : 5); round += 1) {
    const times: (typeof rounds)[0] = { bare: [], spare: [], spawn: [], loop: [], sleep: [] };
    for (let n = 0; n < wakes; n += 1) {
      progress(`conversation, round ${round}, wake ${n + 1} of ${wakes}`);
      times.sleep.push(await bare.sleep());
      await spare.sleep();
      times.spawn.push(await timeToSpawn(bytes));
      times.bare.push(await bare.wake({ amend: message.text }));
      times.loop.push(await timed(() => loop.callAndGet()));
      times.spare.push(await spare.wake({ amend: message.text }));
    }
    if (round > 0) rounds.push(times);
  }

  type Kind = keyof (typeof rounds)[0];
  const ratio = (name: string, of: Kind, to: Kind, q: number, limit?: Limit): Figure => {
    const pairs = rounds.map((times) => ({ value: quantile(times[of], q), yardstick: quantile(times[to], q) }));
    return figure({ name, unit: 'ms', ...overRounds(pairs), ...(limit && { limit }) });
  };
  return {
    figures: [
      ratio('without a spare, median, to a spawn', 'bare', 'spawn', 0.5, { atMost: 1.25 }),
      ratio('without a spare, p95, to a spawn', 'bare', 'spawn', 0.95),
      ratio('in a spare, median, to echo, put, get', 'spare', 'loop', 0.5, { atMost: 8 }),
      ratio('in a spare, p95, to echo, put, get', 'spare', 'loop', 0.95),
      ratio('in a spare, median, to one without', 'spare', 'bare', 0.5, { atMost: 0.1 }),
      figure({ name: 'going to sleep, median', unit: 'ms', value: median(rounds.map(({ sleep }) => median(sleep))) }),
    ],
    invariants: [...bare.invariants('without a spare'), ...spare.invariants('in a spare')],
  };
}

/** Wakes of agents by what they hold. */
async function sizes({ directory, short }: Context): Promise<Outcome> {
  const figures: Figure[] = [];
  const invariants: Invariant[] = [];
  for (const { name, bytes, wakes } of SIZES) {
    const times = { spare: [] as number[], bare: [] as number[] };
    await using bare = await Waking.open({ directory, spares: 0, type: 'padded' });
    await using spare = await Waking.open({ directory, spares: 1, type: 'padded' });
    for (const waking of [bare, spare]) await waking.wake({ hold: bytes });
    // The first wake warms both up.
    for (let n = 0; n <= (short ? 3 : wakes); n += 1) {
      progress(`a state of ${name}, wake ${n}`);
      for (const [waking, taken] of [
        [bare, times.bare],
        [spare, times.spare],
      ] as const) {
        await waking.sleep();
        const took = await waking.wake({});
        if (n > 0) taken.push(took);
      }
    }
    const pair = { value: median(times.spare), yardstick: median(times.bare) };
    figures.push(figure({ name: `a state of ${name}, in a spare, median, to one without`, unit: 'ms', ...pair }));
    invariants.push(...bare.invariants(`${name}, without a spare`), ...spare.invariants(`${name}, in a spare`));
  }
  return { figures, invariants };
}

async function timeToSpawn(bytes: Uint8Array): Promise<number> {
  const start = performance.now();
  await using worker = new BareWorker();
  await worker.echo(bytes);
  // Taken before the worker is terminated.
  return performance.now() - start;
}
