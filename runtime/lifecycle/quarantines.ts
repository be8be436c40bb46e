import { DrowseError } from '../../core/errors.ts';
import type { Messages, Quarantine } from '../../storage/messages.ts';

/** The agents that crashed too often and are not started until somebody releases them. They are few, and known by heart. */
export class Quarantines {
  readonly #messages: Messages;
  readonly #now: () => number;
  readonly #agents = new Map<string, Quarantine>();

  constructor(messages: Messages, now: () => number) {
    this.#messages = messages;
    this.#now = now;
  }

  /** Reads those of earlier processes. */
  async load(): Promise<void> {
    for await (const { agentId, quarantine } of this.#messages.quarantines()) this.#agents.set(agentId, quarantine);
  }

  get size(): number {
    return this.#agents.size;
  }

  get(agentId: string): Quarantine | undefined {
    return this.#agents.get(agentId);
  }

  /** What whoever wants the agent to do something is told; undefined for an agent that is free. */
  refusal(agentId: string): DrowseError | undefined {
    const quarantine = this.#agents.get(agentId);
    if (quarantine === undefined) return undefined;
    const { at, cause, crashes } = quarantine;
    const text = `Agent ${agentId} is quarantined since ${new Date(at).toISOString()}, after ${crashes} crashes in a row, the last: ${cause} Release it once the reason is gone.`;
    return new DrowseError('ERR_DROWSE_AGENT_QUARANTINED', text, { agentId });
  }

  /** Throws that. */
  mustBeFree(agentId: string): void {
    const refusal = this.refusal(agentId);
    if (refusal) throw refusal;
  }

  /** From the call on it is not started; resolves once that is on disk. */
  async add(agentId: string, { cause, crashes }: { cause: Error; crashes: number }): Promise<void> {
    const number = this.#messages.nextNumber();
    const quarantine: Quarantine = { number, at: this.#now(), cause: cause.message, crashes };
    this.#agents.set(agentId, quarantine);
    await this.#messages.write([{ kind: 'quarantine', agentId, quarantine }]);
  }

  /** Resolves once that is on disk. False where it was free. */
  async release(agentId: string): Promise<boolean> {
    if (!this.#agents.has(agentId)) return false;
    await this.#messages.write([{ kind: 'release', agentId }]);
    return this.#agents.delete(agentId);
  }

  /** Its agent is deleted, and what is on disk with it. */
  forget(agentId: string): void {
    this.#agents.delete(agentId);
  }
}
