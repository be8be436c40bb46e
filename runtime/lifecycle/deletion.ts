import { DrowseError } from '../../core/errors.ts';
import type { Hosting } from '../hosting.ts';
import type { Inbox } from '../messages/inbox.ts';

/** The removal of an agent, from the call on. */
export class Deletion {
  /** What those are told whose messages wait or run. */
  readonly cause: DrowseError;
  readonly #agentId: string;
  readonly #hosting: Hosting;
  /** What is numbered below belongs to the agent that is deleted. */
  before: number;
  readonly #done = Promise.withResolvers<boolean>();
  /** Whether something was told since, which is the next agent's. */
  told = false;

  constructor(agentId: string, hosting: Hosting) {
    const text = `Agent ${agentId} was deleted before this message was processed.`;
    this.cause = new DrowseError('ERR_DROWSE_ABORTED', text, { agentId });
    this.#agentId = agentId;
    this.#hosting = hosting;
    this.before = hosting.store.messages.nextNumber();
    hosting.quarantines.forget(agentId);
    hosting.budget.progressed(agentId);
  }

  /** Whether there was an agent; rejects where it could not be removed. */
  get done(): Promise<boolean> {
    return this.#done.promise;
  }

  /** Removes what was told until now, too. */
  extend(): void {
    this.before = this.#hosting.store.messages.nextNumber();
    this.told = false;
  }

  /**
   * Removes what is stored and what is known of it, once nothing runs any more. Never rejects; returns what tells those who
   * wait, to be called when it can no longer be asked for again.
   */
  async finish(inbox: Inbox): Promise<() => void> {
    const settle = await this.#remove();
    inbox.clear();
    if (this.told) inbox.add();
    return settle;
  }

  async #remove(): Promise<() => void> {
    const { store, announce } = this.#hosting;
    try {
      let existed = false;
      // Asked for again meanwhile, it goes on to what was told in between.
      for (let before = 0; before < this.before; ) {
        before = this.before;
        existed = (await store.delete(this.#agentId, before)) || existed;
      }
      if (existed) announce('deleted', { agentId: this.#agentId });
      return () => this.#done.resolve(existed);
    } catch (error) {
      return () => this.#done.reject(error);
    }
  }
}
