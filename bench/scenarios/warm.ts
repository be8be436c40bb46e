import { mkdtempDisposable } from 'node:fs/promises';
import { join as path } from 'node:path';
import { serialize } from 'node:v8';
import { type Durability, Supervisor } from 'drowse';
import { agents, message } from '../agents.ts';
import { timed } from '../load.ts';
import { progress } from '../progress.ts';
import { recordOf } from '../recording-store.ts';
import { type Context, figure, type Invariant, join, type Outcome, same } from '../scenario.ts';
import { overRounds, quantile } from '../statistics.ts';
import { EchoThenPut } from '../yardsticks/echo-then-put.ts';

export const about =
  'One message at a time to an awake agent, against a bare echo and then a bare put of the same bytes';

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

  const times: Record<'drowse' | 'loop', number[]>[] = [];
  // The first round warms both up.
  for (let round = 0; round <= rounds; round += 1) {
    progress(`${durability}, round ${round} of ${rounds}`);
    const drowse: number[] = [];
    const bare: number[] = [];
    // In turn, so that whatever else the machine does falls on both.
    for (let call = 0; call < calls; call += 1) {
      bare.push(await timed(() => loop.call()));
      drowse.push(await timed(() => asked.send()));
    }
    if (round > 0) times.push({ drowse, loop: bare });
  }

  const at = (q: number) =>
    overRounds(
      times.map(({ drowse, loop }) => ({ value: 1_000 * quantile(drowse, q), yardstick: 1_000 * quantile(loop, q) })),
    );
  return {
    figures: [
      figure({
        name: `${durability}, median`,
        unit: 'µs',
        ...at(0.5),
        limit: { atMost: 1.25 },
      }),
      figure({ name: `${durability}, p99`, unit: 'µs', ...at(0.99), limit: { atMost: 2 } }),
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
