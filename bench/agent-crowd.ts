import { mkdtempDisposable } from 'node:fs/promises';
import { join } from 'node:path';
import { Supervisor } from 'drowse';
import { message } from './agents.ts';
import type { Crowd } from './crowd.ts';
import { type Invariant, same } from './scenario.ts';

/** Echo agents of one supervisor, which keeps them in a scratch directory. */
export class AgentCrowd implements Crowd {
  readonly #supervisor: Supervisor;
  readonly #owned: AsyncDisposable;
  readonly #ids: readonly string[];
  readonly #crashes: string[] = [];
  #wakes = 0;
  #counted = true;
  #allAwake = true;
  #allAsleep = true;

  private constructor(supervisor: Supervisor, owned: AsyncDisposable, count: number) {
    this.#supervisor = supervisor;
    this.#owned = owned;
    this.#ids = Array.from({ length: count }, (_, n) => `echo/${n}`);
    supervisor.on('crashed', ({ cause }) => this.#crashes.push(cause.message));
  }

  /** `module` is that of an echo agent. */
  static async open(directory: string, module: URL, count: number): Promise<AgentCrowd> {
    await using owned = new AsyncDisposableStack();
    const scratch = owned.use(await mkdtempDisposable(join(directory, 'drowse-bench-')));
    const options = { directory: scratch.path, agents: { echo: module }, durability: 'os', spares: 0 } as const;
    const supervisor = owned.use(await Supervisor.open(options));
    return new AgentCrowd(supervisor, owned.move(), count);
  }

  async wake(): Promise<void> {
    this.#wakes += 1;
    const replies = await Promise.all(this.#ids.map((id) => this.#supervisor.send<{ count: number }>(id, message)));
    this.#counted &&= replies.every(({ count }) => count === this.#wakes);
    this.#allAwake &&= this.#supervisor.stats().agents.active === this.#ids.length;
  }

  async sleep(): Promise<void> {
    await Promise.all(this.#ids.map((id) => this.#supervisor.passivate(id)));
    const { agents, workers } = this.#supervisor.stats();
    this.#allAsleep &&= agents.inactive === this.#ids.length && workers.threads === 0;
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
