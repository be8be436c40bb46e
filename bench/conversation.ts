import type { Supervisor } from 'drowse';
import { message } from './agents.ts';
import { timed } from './load.ts';
import { type Invariant, same } from './scenario.ts';

/** The n-th message of every conversation, of more than 200 bytes. */
function said(n: number): { say: string } {
  return { say: `${n} ${message.text}` };
}

/** One conversation agent, and whether it answers as it must. */
export class Conversation {
  readonly #supervisor: Supervisor;
  readonly #agentId: string;
  #length: number;
  #turns = 0;
  #wrong = 0;

  /** `length` is how many messages it has already. */
  constructor(supervisor: Supervisor, agentId: string, length = 0) {
    this.#supervisor = supervisor;
    this.#agentId = agentId;
    this.#length = length;
  }

  /** How many messages it must hold. */
  get length(): number {
    return this.#length;
  }

  /** How many turns it has had. */
  get turns(): number {
    return this.#turns;
  }

  /** Adds a message. Resolves with how long the turn took, in milliseconds. */
  say(): Promise<number> {
    this.#length += 1;
    return timed(() => this.#send(said(this.#length)));
  }

  /** Makes it short again, in the same thread: a new one would run cold. */
  async keep(messages: number): Promise<void> {
    this.#length = messages;
    await this.#send({ keep: messages });
  }

  /** Looks at what is kept of it. */
  async invariants(): Promise<Invariant[]> {
    const kept = await this.#supervisor.inspect(this.#agentId, { state: true });
    const { messages = [] } = (kept?.state ?? {}) as { messages?: readonly unknown[] };
    const misplaced = messages.filter((text, index) => text !== said(index + 1).say).length;
    return [
      same(`${this.#agentId}: wrong replies`, this.#wrong, 0),
      same(
        `${this.#agentId}: messages kept, and those not in their place`,
        [messages.length, misplaced],
        [this.#length, 0],
      ),
    ];
  }

  async #send(message: unknown): Promise<void> {
    this.#turns += 1;
    const reply = await this.#supervisor.send<{ messages: number; amended: number }>(this.#agentId, message);
    if (reply.messages !== this.#length || reply.amended !== 0) this.#wrong += 1;
  }
}

/** That of all turns of some conversations each committed. */
export function allCommitted(supervisor: Supervisor, conversations: readonly Conversation[]): Invariant {
  const { turns, crashes } = supervisor.stats();
  const had = conversations.reduce((sum, { turns }) => sum + turns, 0);
  return same('turns committed, failed, crashes', [turns.committed, turns.failed, crashes], [had, 0, 0]);
}
