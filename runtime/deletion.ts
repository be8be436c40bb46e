import { DrowseError } from '../core/errors.ts';
import type { Hosting } from './hosting.ts';
import type { Inbox } from './inbox.ts';

/** The removal of an agent, from the call on. */
export class Deletion {
  /** What those are told whose messages wait or run. */
  readonly cause: DrowseError;
  readonly #agentId: string;
  readonly #hosting: Hosting;
  /** What is numbered below belongs to the agent that is deleted. */
  #before: number;
  #finishing = false;
  readonly #done = Promise.withResolvers<boolean>();
  /** Whether something was told since, which is the next agent's. */
  told = false;

  constructor(agentId: string, hosting: Hosting) {
    const text = `Agent ${agentId} was deleted before this message was processed.`;
    this.cause = new DrowseError('ERR_DROWSE_ABORTED', text, { agentId });
    this.#agentId = agentId;
    this.#hosting = hosting;
    this.#before = hosting.store.messages.nextNumber();
  }

  /** Whether there was an agent; rejects where it could not be removed. */
  get done(): Promise<boolean> {
    return this.#done.promise;
  }

  /** Whether it is too late for {@link extend}. */
  get finishing(): boolean {
    return this.#finishing;
  }

  /** Removes what was told until now, too. */
  extend(): void {
    this.#before = this.#hosting.store.messages.nextNumber();
    this.told = false;
  }

  /** Removes what is stored and what is known of it, once nothing runs any more. Never rejects. */
  async finish(inbox: Inbox): Promise<void> {
    const { store, announce } = this.#hosting;
    this.#finishing = true;
    try {
      const existed = await store.delete(this.#agentId, this.#before);
      if (existed) announce('deleted', { agentId: this.#agentId });
      this.#done.resolve(existed);
    } catch (error) {
      this.#done.reject(error);
    }
    inbox.clear();
    if (this.told) inbox.add();
  }
}
