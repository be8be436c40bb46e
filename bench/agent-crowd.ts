import { mkdtempDisposable } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Supervisor } from 'drowse';
import { message } from './agents.ts';
import type { Crowd } from './crowd.ts';
import { type Invariant, same } from './scenario.ts';

interface Params {
  readonly directory: string;
  /** That of an agent that counts its messages. */
  readonly module: URL;
  readonly tools?: URL | undefined;
  readonly count: number;
  /** With any, each agent wakes in one, one agent at a time. */
  readonly spares: number;
}

/** Echo agents of one supervisor, which keeps them in a scratch directory. */
export class AgentCrowd implements Crowd {
  readonly #supervisor: Supervisor;
  readonly #owned: AsyncDisposable;
  readonly #ids: readonly string[];
  readonly #spares: number;
  readonly #crashes: string[] = [];
  #wakes = 0;
  #counted = true;
  #allAwake = true;
  #allAsleep = true;

  private constructor(supervisor: Supervisor, owned: AsyncDisposable, { count, spares }: Params) {
    this.#supervisor = supervisor;
    this.#owned = owned;
    this.#spares = spares;
    this.#ids = Array.from({ length: count }, (_, n) => `echo/${n}`);
    supervisor.on('crashed', ({ cause }) => this.#crashes.push(cause.message));
  }

  /** Resolves once the spares are ready. */
  static async open(params: Params): Promise<AgentCrowd> {
    const { directory, module, tools, spares } = params;
    await using owned = new AsyncDisposableStack();
    const scratch = owned.use(await mkdtempDisposable(join(directory, 'drowse-bench-')));
    const options = { directory: scratch.path, agents: { echo: module }, durability: 'os', spares } as const;
    const supervisor = owned.use(await Supervisor.open({ ...options, ...(tools && { tools }) }));
    const crowd = new AgentCrowd(supervisor, owned.move(), params);
    await crowd.#spare();
    return crowd;
  }

  async wake(): Promise<void> {
    this.#wakes += 1;
    if (this.#spares === 0) await Promise.all(this.#ids.map((id) => this.#send(id)));
    else for (const id of this.#ids) await this.#send(id);
    this.#allAwake &&= this.#supervisor.stats().agents.active === this.#ids.length;
  }

  async sleep(): Promise<void> {
    await Promise.all(this.#ids.map((id) => this.#supervisor.passivate(id)));
    const { agents, workers } = this.#supervisor.stats();
    this.#allAsleep &&= agents.inactive === this.#ids.length && workers.threads === this.#spares;
  }

  async #send(id: string): Promise<void> {
    const { count } = await this.#supervisor.send<{ count: number }>(id, message);
    this.#counted &&= count === this.#wakes;
    await this.#spare();
  }

  async #spare(): Promise<void> {
    while (this.#supervisor.stats().workers.spares < this.#spares) await wait(1);
  }

  async invariants(): Promise<Invariant[]> {
    const { turns } = this.#supervisor.stats();
    return [
      { name: 'each reply carries on the count of the wakes before', ok: this.#counted },
      { name: 'all agents had a thread when awake', ok: this.#allAwake },
      { name: 'all agents were asleep without a thread after each cycle', ok: this.#allAsleep },
      same('turns committed and failed', [turns.committed, turns.failed], [this.#wakes * this.#ids.length, 0]),
      same('crashes, and the first', [this.#crashes.length, this.#crashes[0]], [0, undefined]),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned[Symbol.asyncDispose]();
  }
}
