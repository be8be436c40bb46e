import { mkdtempDisposable } from 'node:fs/promises';
import { join as path } from 'node:path';
import { serialize } from 'node:v8';
import { type Durability, Supervisor } from 'drowse';
import { agents, message } from '../agents.ts';
import { perSecond } from '../load.ts';
import { progress } from '../progress.ts';
import {
  type Context,
  type Figure,
  figure,
  type Invariant,
  join,
  type Limit,
  type Outcome,
  same,
} from '../scenario.ts';
import { overRounds, type Pair } from '../statistics.ts';
import { EchoWorkers } from '../yardsticks/echo-workers.ts';

export const about = 'Messages a second over 50 agents at 1, 64 and 1,000 in flight, against as many bare echo workers';

const AGENTS = 50;
/** How many in flight, and how many messages make a round of about a second. */
const LOADS: ReadonlyArray<{ inFlight: number; messages: number; limit?: Limit }> = [
  { inFlight: 1, messages: 4_000 },
  { inFlight: 64, messages: 15_000 },
  { inFlight: 1_000, messages: 25_000, limit: { atLeast: 0.5 } },
];

export async function run(context: Context): Promise<Outcome> {
  await using bare = await EchoWorkers.start(AGENTS, serialize(message));
  return join([await measure('fsync', bare, context), await measure('os', bare, context)]);
}

async function measure(durability: Durability, bare: EchoWorkers, context: Context): Promise<Outcome> {
  const rounds = context.short ? 3 : 5;
  await using scratch = await mkdtempDisposable(path(context.directory, 'drowse-bench-'));
  await using supervisor = await Supervisor.open({ directory: scratch.path, agents, durability });
  const crowd = new CountedAgents(supervisor);
  await crowd.perSecond(AGENTS, AGENTS);

  const figures: Figure[] = [];
  for (const { inFlight, messages, limit } of LOADS) {
    const count = context.short ? messages / 10 : messages;
    const pairs: Pair[] = [];
    // The first round warms both up.
    for (let round = 0; round <= rounds; round += 1) {
      progress(`${durability}, ${inFlight} in flight, round ${round} of ${rounds}`);
      const pair = { value: await crowd.perSecond(count, inFlight), yardstick: await bare.perSecond(count, inFlight) };
      if (round > 0) pairs.push(pair);
    }
    figures.push(
      figure({
        name: `${durability}, ${inFlight.toLocaleString('en')} in flight`,
        unit: 'msg/s',
        ...overRounds(pairs),
        ...(limit && { limit }),
      }),
    );
  }
  return { figures, invariants: await crowd.invariants(durability) };
}

/** Echo agents, and how often each must have counted. */
class CountedAgents {
  readonly #supervisor: Supervisor;
  readonly #sent = Array.from({ length: AGENTS }, () => 0);
  #wrong = 0;

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  perSecond(count: number, inFlight: number): Promise<number> {
    return perSecond(count, inFlight, async (n) => {
      const agent = n % AGENTS;
      this.#sent[agent] = (this.#sent[agent] ?? 0) + 1;
      const expected = this.#sent[agent];
      const reply = await this.#supervisor.send<{ count: number; text: string }>(`echo/${agent}`, message);
      if (reply.count !== expected || reply.text !== message.text) this.#wrong += 1;
    });
  }

  async invariants(durability: Durability): Promise<Invariant[]> {
    const { turns, crashes, mailbox } = this.#supervisor.stats();
    const sent = this.#sent.reduce((sum, count) => sum + count, 0);
    const kept: unknown[] = [];
    for (let agent = 0; agent < AGENTS; agent += 1) {
      kept.push((await this.#supervisor.inspect(`echo/${agent}`, { state: true }))?.state);
    }
    return [
      same(`${durability}: replies that are wrong or out of order`, this.#wrong, 0),
      same(`${durability}: turns committed, failed, crashes`, [turns.committed, turns.failed, crashes], [sent, 0, 0]),
      same(`${durability}: messages still waiting`, mailbox.waiting, 0),
      same(
        `${durability}: states kept`,
        kept,
        this.#sent.map((count) => ({ count })),
      ),
    ];
  }
}
