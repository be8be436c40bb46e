import { message } from '../agents.ts';
import { perSecond, timed } from '../load.ts';
import { type Invariant, same } from '../scenario.ts';
import type { Host, Told } from './host.ts';

/** Calls the agents of a host, and knows what each must have answered and kept. */
export class Caller {
  readonly host: Host;
  readonly #agents: number;
  readonly #history: number;
  /** How often each agent says that it amended, in the order of its replies. */
  readonly #counts: number[][];
  #wrong = 0;

  constructor(host: Host, agents: number, history: number) {
    this.host = host;
    this.#agents = agents;
    this.#history = history;
    this.#counts = Array.from({ length: agents }, () => []);
  }

  /** Gives each agent its history. */
  async fill(): Promise<void> {
    const each = async (agent: number) => {
      for (let n = 1; n <= this.#history; n += 1) {
        const reply = await this.host.send(agent, { say: said(n) });
        if (reply.messages !== n || reply.amended !== 0) this.#wrong += 1;
      }
    };
    await Promise.all(this.#counts.map((_, agent) => each(agent)));
  }

  /** The n-th message, to the agents by turns. Resolves with how long it took, in milliseconds. */
  send(n: number): Promise<number> {
    return timed(() => this.#amend(n % this.#agents));
  }

  /** Takes the agent that `send` of this number is for out of memory, where the host keeps it there. */
  async forget(n: number): Promise<void> {
    await this.host.forget?.(n % this.#agents);
  }

  /** Messages a second over all agents. */
  perSecond(count: number, inFlight: number): Promise<number> {
    return perSecond(count, inFlight, (n) => this.#amend(n % this.#agents));
  }

  /** Ends with one more message to each agent, and looks at what is kept. */
  async invariants(name: string): Promise<Invariant[]> {
    const last = { amend: `last ${message.text}` };
    const kept: unknown[] = [];
    for (const agent of this.#counts.keys()) {
      await this.#amend(agent, last);
      const { messages, amended } = await this.host.kept(agent);
      const misplaced = messages.slice(0, -1).filter((text, index) => text !== said(index + 1)).length;
      kept.push([messages.length, misplaced, messages.at(-1) === last.amend, amended]);
    }
    const counted = this.#counts.map((counts) => counts.toSorted((a, b) => a - b));
    return [
      same(`${name}: wrong replies`, this.#wrong, 0),
      {
        name: `${name}: the turns of each agent count up, each once`,
        ok: counted.every((counts) => counts.every((count, index) => count === index + 1)),
      },
      same(
        `${name}: messages kept, those out of place, the last one, turns`,
        kept,
        counted.map(({ length }) => [this.#history, 0, true, length]),
      ),
    ];
  }

  async #amend(agent: number, told: Told = { amend: message.text }): Promise<void> {
    const reply = await this.host.send(agent, told);
    this.#counts[agent]?.push(reply.amended);
    if (reply.messages !== this.#history) this.#wrong += 1;
  }
}

/** The n-th message of a history, of 200 bytes and its number. */
function said(n: number): string {
  return `${n} ${message.text}`;
}
