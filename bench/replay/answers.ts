import { isDeepStrictEqual } from 'node:util';
import { DrowseError, type Supervisor } from 'drowse';
import { timed } from '../load.ts';
import { type Invariant, same } from '../scenario.ts';
import type { Recorded } from './traffic.ts';
import type { Watch } from './watch.ts';

/** Sends messages, and keeps how long each answer took and what became of those without one. */
export class Answers {
  /** Milliseconds, of agents that had a thread when they were sent to. */
  readonly warm: number[] = [];
  /** Of agents that slept, did not exist, or were still being started. */
  readonly cold: number[] = [];
  readonly #supervisor: Supervisor;
  readonly #watch: Watch;
  /** Each agent's messages, in their order. */
  readonly #sent = new Map<string, unknown[]>();
  readonly #unanswered: string[] = [];
  #thrown = 0;

  constructor(supervisor: Supervisor, watch: Watch) {
    this.#supervisor = supervisor;
    this.#watch = watch;
  }

  /** How many agents were sent to. */
  get agents(): number {
    return this.#sent.size;
  }

  /** How many messages were answered with an error of the agent's own. */
  get thrown(): number {
    return this.#thrown;
  }

  /** Does not reject: an error of the agent's own is an answer, one of drowse's is noted. */
  async send({ agentId, message }: Recorded): Promise<void> {
    const times = this.#watch.isAwake(agentId) ? this.warm : this.cold;
    const sent = this.#sent.get(agentId);
    if (sent) sent.push(message);
    else this.#sent.set(agentId, [message]);
    const answer = this.#supervisor.send(agentId, message).catch((error: unknown) => {
      if (error instanceof DrowseError) throw error;
      this.#thrown += 1;
    });
    try {
      times.push(await timed(() => answer));
    } catch (error) {
      this.#unanswered.push(String(error));
    }
  }

  /** What is true of a correct replay. `keepers` says whether an agent keeps what it is told. */
  async invariants(keepers: (agentId: string) => boolean): Promise<Invariant[]> {
    const { turns, crashes, mailbox } = this.#supervisor.stats();
    const sent = [...this.#sent.values()].reduce((sum, messages) => sum + messages.length, 0);
    const wrong: string[] = [];
    for (const [agentId, messages] of this.#sent) {
      if (!keepers(agentId)) continue;
      const kept = await this.#supervisor.inspect(agentId, { state: true });
      if (!isDeepStrictEqual(kept?.state, { messages })) wrong.push(agentId);
    }
    return [
      same('messages without an answer, and the first', [this.#unanswered.length, this.#unanswered[0]], [0, undefined]),
      // An agent may have turns that it asked for itself.
      { name: 'a turn for every message', ok: turns.committed + turns.failed >= sent },
      same('turns cancelled, crashes, messages still waiting', [turns.cancelled, crashes, mailbox.waiting], [0, 0, 0]),
      same('agents that do not hold what was sent to them, and the first', [wrong.length, wrong[0]], [0, undefined]),
    ];
  }
}
