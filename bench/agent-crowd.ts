import { mkdtempDisposable } from 'node:fs/promises';
import { join } from 'node:path';
import { Supervisor } from 'drowse';
import { agents, message } from './agents.ts';
import { inChild } from './child.ts';
import { type Crowd, type Stages, throughStages } from './crowd.ts';
import { type Context, type Invariant, same } from './scenario.ts';

interface Params {
  readonly context: Context;
  readonly count: number;
  readonly cycles: number;
}

/** The stages of a crowd of echo agents, in a process of its own. */
export function agentStages(params: Params): Promise<Stages> {
  return inChild(import.meta.url, 'inThisProcess', params);
}

/** For {@link agentStages}, which names it to a child process. @public */
export async function inThisProcess({ context, count, cycles }: Params): Promise<Stages> {
  await using scratch = await mkdtempDisposable(join(context.directory, 'drowse-bench-'));
  await using supervisor = await Supervisor.open({ directory: scratch.path, agents, durability: 'os' });
  return await throughStages(new AgentCrowd(supervisor, count), cycles);
}

class AgentCrowd implements Crowd {
  readonly #supervisor: Supervisor;
  readonly #ids: readonly string[];
  readonly #crashes: string[] = [];
  #wakes = 0;
  #counted = true;
  #allAwake = true;
  #allAsleep = true;

  constructor(supervisor: Supervisor, count: number) {
    this.#supervisor = supervisor;
    this.#ids = Array.from({ length: count }, (_, n) => `echo/${n}`);
    supervisor.on('crashed', ({ cause }) => this.#crashes.push(cause.message));
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
}
