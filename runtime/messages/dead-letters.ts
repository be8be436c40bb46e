import { decode } from '../../core/codec.ts';
import type { Attempt, Letter, Messages, Step, Told } from '../../storage/messages.ts';
import { invalid } from '../settings.ts';
import { NOBODY } from './chain.ts';
import { letterId } from './durable.ts';

/** A durable message that was given up. Times are milliseconds since 1970. */
export interface DeadLetter {
  readonly id: string;
  readonly agentId: string;
  /** When it was given up. */
  readonly at: number;
  /** When it was told; of an alarm, when it was due. */
  readonly since: number;
  readonly message: unknown;
  readonly from: string | undefined;
  /** The agents whose turns led to it, the first cause first and the teller last; of more than 16, those. */
  readonly chain: readonly string[];
  readonly alarm: string | undefined;
  /** Why it was given up. */
  readonly cause: string;
  /** The turns of it that began, each with how it failed. */
  readonly attempts: readonly Attempt[];
}

export interface DeadLetterQuery {
  /** Only those of agents of this type, or of this one agent. */
  readonly type?: string;
  readonly agentId?: string;
  /** Only those behind the letter of this id. */
  readonly after?: string;
  readonly limit?: number;
}

/** What the dead letters ask of their supervisor. */
export interface DeadLettersHost {
  readonly messages: Messages;
  readonly now: () => number;
  /** The full id of an agent, and whatever is wrong with it thrown. */
  readonly idOf: (agentId: string) => string;
  readonly told: (agentId: string, told: Told) => void;
  /** A message may have been stored though that could not be told. */
  readonly recover: () => void;
}

/**
 * The durable messages that were given up, after their last attempt or by `skip`. Looking at them starts no agent. They
 * are kept for `deadLetterRetentionMs`.
 */
export class DeadLetters {
  readonly #host: DeadLettersHost;
  /** What is being done with a letter: one thing at a time. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(host: DeadLettersHost) {
    this.#host = host;
  }

  /** In the order of their agents' ids, then of their arrival; reads the store as the loop goes. */
  async *list({ type, agentId, after, limit }: DeadLetterQuery = {}): AsyncGenerator<DeadLetter, void> {
    const { messages, idOf } = this.#host;
    if (type !== undefined) idOf(`${type}/any`);
    const only = agentId === undefined ? undefined : idOf(agentId);
    const query = {
      prefix: only ?? (type === undefined ? '' : `${type}/`),
      ...(after !== undefined && { after: parse(after) }),
    };
    let left = limit ?? Number.POSITIVE_INFINITY;
    for await (const { agentId, letter } of messages.letters(query)) {
      // Behind it in the order of ids are those that only begin like it.
      if (left <= 0 || (only !== undefined && agentId !== only)) return;
      left -= 1;
      yield describe(agentId, letter);
    }
  }

  /** Undefined where there is none of that id. */
  async get(id: string): Promise<DeadLetter | undefined> {
    const { agentId, number } = parse(id);
    const letter = await this.#host.messages.letter(agentId, number);
    return letter && describe(agentId, letter);
  }

  /** Tells its agent the message again, as a new one behind all others, and drops the letter. False where there is none of that id. */
  async requeue(id: string): Promise<boolean> {
    const { messages, now, idOf, told, recover } = this.#host;
    idOf(parse(id).agentId);
    return this.#take(id, async ({ agentId, number, body, chain }) => {
      const again: Told = { number: messages.nextNumber(), at: now(), body, ...(chain && { chain }) };
      const steps: Step[] = [
        { kind: 'unbury', agentId, number },
        { kind: 'tell', agentId, told: again },
      ];
      try {
        await messages.write(steps);
      } catch (error) {
        recover();
        throw error;
      }
      told(agentId, again);
    });
  }

  /** Forgets one. False where there is none of that id. */
  drop(id: string): Promise<boolean> {
    return this.#take(id, ({ agentId, number }) => this.#host.messages.write([{ kind: 'unbury', agentId, number }]));
  }

  /** Does something that ends a letter. Of two at once, the second finds it gone. */
  async #take(id: string, end: (letter: Letter & { agentId: string }) => Promise<void>): Promise<boolean> {
    const { agentId, number } = parse(id);
    const taking = (async () => {
      await this.#underWay.get(id)?.catch(() => {});
      const letter = await this.#host.messages.letter(agentId, number);
      if (letter) await end({ agentId, ...letter });
      return letter !== undefined;
    })();
    this.#underWay.set(id, taking);
    try {
      return await taking;
    } finally {
      if (this.#underWay.get(id) === taking) this.#underWay.delete(id);
    }
  }
}

function parse(id: string): { agentId: string; number: number } {
  const hash = typeof id === 'string' ? id.lastIndexOf('#') : -1;
  const number = hash < 1 ? Number.NaN : Number(id.slice(hash + 1));
  if (!Number.isSafeInteger(number) || number < 0 || letterId(id.slice(0, hash), number) !== id) {
    throw invalid(`${JSON.stringify(id)} is no id of a dead letter, which looks like "chat/alice#12"`);
  }
  return { agentId: id.slice(0, hash), number };
}

function describe(agentId: string, { number, body, chain = NOBODY, alarm, ...letter }: Letter): DeadLetter {
  const from = chain.at(-1);
  return { id: letterId(agentId, number), agentId, ...letter, message: decode(body), from, chain, alarm };
}
