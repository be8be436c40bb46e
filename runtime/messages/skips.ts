import type { Hosting } from '../hosting.ts';
import type { Backlog } from './backlog.ts';
import type { Durable } from './durable.ts';
import { dueAlarms, told } from './pending-message.ts';
import type { PendingWrites } from './pending-writes.ts';

/** What is said of a message that somebody has given up. */
export const SKIPPED = 'It was skipped.';

/** Gives up messages that wait. While that is being written, nobody begins with them. */
export class Skips {
  readonly #agentId: string;
  readonly #hosting: Hosting;
  readonly #backlog: Backlog;
  readonly #writes: PendingWrites;
  readonly #underWay = new Map<number, Promise<boolean>>();

  constructor(agentId: string, hosting: Hosting, backlog: Backlog, writes: PendingWrites) {
    this.#agentId = agentId;
    this.#hosting = hosting;
    this.#backlog = backlog;
    this.#writes = writes;
  }

  /** False where no message of that number waits; rejects where it could not be written. */
  skip(number: number): Promise<boolean> {
    const skipping = this.#underWay.get(number) ?? this.#writes.track(this.#skip(number));
    this.#underWay.set(number, skipping);
    return skipping;
  }

  async #skip(number: number): Promise<boolean> {
    this.#backlog.hold(number);
    try {
      const message = this.#backlog.find(number) ?? (await this.#look(number));
      if (message) await this.#backlog.bury(message, SKIPPED);
      return message !== undefined;
    } finally {
      this.#backlog.letGo(number);
      this.#underWay.delete(number);
    }
  }

  /** Finds a message that no incarnation has in hand, because there is none, or so much waits before it. */
  async #look(number: number): Promise<Durable | undefined> {
    const { store, settings } = this.#hosting;
    const found = await store.messages.pending(this.#agentId, { after: number - 1, limit: 1 });
    return [...dueAlarms(found, settings.clock.now()), ...told(found)].find((one) => one.number === number);
  }
}
