import { mkdtempDisposable } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Supervisor } from 'drowse';
import { agents } from './agents.ts';
import { timed } from './load.ts';
import { type Invariant, same } from './scenario.ts';

/** After this a machine that has just made a spare is at rest again. */
const REST_MS = 20;

export interface WakingOptions {
  readonly directory: string;
  /** The spares to be ready before each wake. */
  readonly spares: number;
  readonly type: keyof typeof agents;
}

/** An agent that is put to sleep and woken again and again. Its replies carry on a count. */
export class Waking implements AsyncDisposable {
  readonly #supervisor: Supervisor;
  readonly #owned: AsyncDisposable;
  readonly #options: WakingOptions;
  readonly #agentId: string;
  #count = 0;
  #wrong = 0;
  #awake = 0;

  private constructor(supervisor: Supervisor, owned: AsyncDisposable, options: WakingOptions) {
    this.#supervisor = supervisor;
    this.#owned = owned;
    this.#options = options;
    this.#agentId = `${options.type}/a`;
  }

  static async open(options: WakingOptions): Promise<Waking> {
    await using owned = new AsyncDisposableStack();
    const scratch = owned.use(await mkdtempDisposable(join(options.directory, 'drowse-bench-')));
    const { spares, type } = options;
    const only = { [type]: agents[type] };
    const supervisor = owned.use(
      await Supervisor.open({ directory: scratch.path, agents: only, spares, durability: 'os', maxHeapMb: 512 }),
    );
    return new Waking(supervisor, owned.move(), options);
  }

  /** A message that is no wake. */
  async tell(message: unknown): Promise<void> {
    await this.#supervisor.send(this.#agentId, message);
  }

  /** Resolves with how long it took, in milliseconds, once the agent sleeps and what may make the next wake short is ready. */
  async sleep(): Promise<number> {
    const { spares } = this.#options;
    const took = await timed(() => this.#supervisor.passivate(this.#agentId));
    while (this.#supervisor.stats().workers.spares < spares) await wait(1);
    await wait(REST_MS);
    const { agents, workers } = this.#supervisor.stats();
    if (agents.active !== 0 || workers.threads !== spares) this.#awake += 1;
    return took;
  }

  /** Sends a message that is counted; resolves with how long the reply took, in milliseconds. */
  wake(message: unknown): Promise<number> {
    this.#count += 1;
    return timed(async () => {
      const reply = await this.#supervisor.send<{ count?: number; amended?: number }>(this.#agentId, message);
      if ((reply.count ?? reply.amended) !== this.#count) this.#wrong += 1;
    });
  }

  invariants(name: string): Invariant[] {
    const { turns, crashes } = this.#supervisor.stats();
    return [
      same(`${name}: wrong replies`, this.#wrong, 0),
      same(`${name}: wakes at which the agent was not asleep before`, this.#awake, 0),
      same(`${name}: turns failed, crashes`, [turns.failed, crashes], [0, 0]),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned[Symbol.asyncDispose]();
  }
}
