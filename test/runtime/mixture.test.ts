import t from 'tap';
import { DrowseError, type Supervisor } from '../../runtime/index.ts';
import { openHost } from '../host.ts';
import { Random } from '../random.ts';

const IDS = ['a', 'b', 'c'];
const STEPS = 40;

/** What a client has been told of one agent, and what it does next to it. */
class Client {
  readonly acknowledged: number[] = [];
  readonly #host: Supervisor;
  readonly #id: string;
  readonly #random: Random;
  #next = 0;

  constructor(host: Supervisor, id: string, random: Random) {
    this.#host = host;
    this.#id = id;
    this.#random = random;
  }

  /** One random step. Only drowse's own errors, and the one the agent was told to throw, may come of it. */
  async step(): Promise<void> {
    const steps = [
      () => this.#note(),
      () => Promise.all(Array.from({ length: 40 }, () => this.#note())),
      () => this.#host.passivate(this.#id),
      () => this.#host.warm(this.#id),
      () => this.#order({ do: 'throw' }),
      () => this.#order({ do: 'exit', code: 1 }),
      () => this.#order({ do: 'throwLater' }),
      () => this.#order({ do: 'ignoreAbort' }, { timeoutMs: 5 }),
      () => this.#order({ do: 'waitForAbort' }, { signal: AbortSignal.timeout(this.#random.below(5)) }),
      () => Promise.allSettled([this.#host.passivate(this.#id), this.#note(), this.#order({ do: 'exit', code: 1 })]),
    ];
    try {
      await this.#random.pick(steps)();
    } catch (error) {
      if (!(error instanceof DrowseError) && (error as Error).name !== 'ProbeError') throw error;
    }
  }

  async #note(): Promise<void> {
    const what = this.#next++;
    await this.#order({ do: 'note', what });
    this.acknowledged.push(what);
  }

  #order(message: object, options = {}): Promise<unknown> {
    return this.#host.send(this.#id, message, options);
  }
}

for (const seed of [1, 2]) {
  t.test(
    `whatever sends, sleeps, wakes, cancels and crashes meet, what was acknowledged is kept (${seed})`,
    async (t) => {
      const host = await openHost(t, { abortGraceMs: 30, idleTimeoutMs: 20, sweepIntervalMs: 5 });
      const clients = new Map(IDS.map((id, i) => [id, new Client(host, id, new Random(seed * 100 + i))]));
      const run = async (client: Client) => {
        for (let step = 0; step < STEPS; step += 1) await client.step();
      };
      await Promise.all([...clients.values()].map(run));
      for (const [id, { acknowledged }] of clients) {
        const notes = await host.send<number[]>(id, { do: 'notes' });
        const told = new Set(acknowledged);
        t.same(
          notes.filter((note) => told.has(note)),
          acknowledged,
          `${id}: ${acknowledged.length} notes in order, each once`,
        );
      }
      await host.close();
      t.match(host.stats().workers, { threads: 0, zombies: 0 });
    },
  );
}
