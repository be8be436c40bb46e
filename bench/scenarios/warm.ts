import { mkdtempDisposable } from 'node:fs/promises';
import { join as path } from 'node:path';
import { serialize } from 'node:v8';
import { type Durability, Supervisor } from 'drowse';
import { agents, message } from '../agents.ts';
import { timed } from '../load.ts';
import { progress } from '../progress.ts';
import { recordOf } from '../recording-store.ts';
import { type Context, figure, type Invariant, join, type Outcome, same } from '../scenario.ts';
import { overRounds, type Pair, quantile } from '../statistics.ts';
import { EchoThenPut } from '../yardsticks/echo-then-put.ts';

export const about =
  'One message at a time to an awake agent, against a bare echo and then a bare put of the same bytes';

/**
 * How many messages come before the rounds. V8 compiles a function once more when it has run 3,000 times; here the difference of the
 * two falls by a third until then, and no further after 18,000 messages. Where each waits for the disk, that hardly shows.
 */
const WARM_UP: Readonly<Record<Durability, number>> = { os: 20_000, fsync: 2_000 };
/** Those are a figure of their own: most agents sleep again before they have had more. */
const FIRST = 1_000;

type Times = Record<'drowse' | 'loop', number[]>;

export async function run(context: Context): Promise<Outcome> {
  return join([await measure('os', context), await measure('fsync', context)]);
}

async function measure(durability: Durability, context: Context): Promise<Outcome> {
  const rounds = context.short ? 3 : 5;
  const calls = context.short ? 300 : 1_000;
  await using scratch = await mkdtempDisposable(path(context.directory, 'drowse-bench-'));
  const asked = new Asked(await Supervisor.open({ directory: scratch.path, agents, durability }));
  const record = await recordOf(agents.echo, message);
  const { directory } = context;
  await using loop = await EchoThenPut.open({ directory, durability, message: serialize(message), record });

  const timesOf = async (calls: number): Promise<Times> => {
    const times: Times = { drowse: [], loop: [] };
    // In turn, so that whatever else the machine does falls on both.
    for (let call = 0; call < calls; call += 1) {
      times.loop.push(await timed(() => loop.call()));
      times.drowse.push(await timed(() => asked.send()));
    }
    return times;
  };
  progress(`${durability}, warming up`);
  const first = await timesOf(FIRST);
  await timesOf(WARM_UP[durability] - FIRST);
  const times: Times[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    progress(`${durability}, round ${round} of ${rounds}`);
    times.push(await timesOf(calls));
  }

  const pair = (q: number, { drowse, loop }: Times): Pair => ({
    value: 1_000 * quantile(drowse, q),
    yardstick: 1_000 * quantile(loop, q),
  });
  const at = (q: number) => overRounds(times.map((round) => pair(q, round)));
  return {
    figures: [
      figure({
        name: `${durability}, median`,
        unit: 'µs',
        ...at(0.5),
        limit: { atMost: 1.25 },
      }),
      figure({ name: `${durability}, p99`, unit: 'µs', ...at(0.99), limit: { atMost: 2 } }),
      figure({
        name: `${durability}, median of the first ${FIRST.toLocaleString('en')}`,
        unit: 'µs',
        ...pair(0.5, first),
      }),
      ...(durability === 'os' ? [figure({ name: 'record of a turn', unit: 'bytes', value: record.length })] : []),
    ],
    invariants: await asked.invariants(durability, scratch.path),
  };
}

/** One echo agent, and whether it answered as it must. */
class Asked {
  readonly #supervisor: Supervisor;
  #sent = 0;
  #wrong = 0;

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  async send(): Promise<void> {
    this.#sent += 1;
    const reply = await this.#supervisor.send<{ count: number; text: string }>('echo/a', message);
    if (reply.count !== this.#sent || reply.text !== message.text) this.#wrong += 1;
  }

  /** Closes the supervisor, and opens the directory again to see what it kept. */
  async invariants(durability: Durability, directory: string): Promise<Invariant[]> {
    const { turns, crashes } = this.#supervisor.stats();
    await this.#supervisor.close();
    await using reopened = await Supervisor.open({ directory, agents });
    const kept = await reopened.inspect('echo/a', { state: true });
    return [
      same(`${durability}: wrong replies`, this.#wrong, 0),
      same(
        `${durability}: turns committed, failed, crashes`,
        [turns.committed, turns.failed, crashes],
        [this.#sent, 0, 0],
      ),
      same(`${durability}: state kept after close`, kept?.state, { count: this.#sent }),
    ];
  }
}
