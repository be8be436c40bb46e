import type { Deadline } from '../../core/deadlines.ts';
import type { DrowseError } from '../../core/errors.ts';
import type { Hosting } from '../hosting.ts';
import { jittered, restartDelay } from '../policies.ts';

/** The wait before the next start of an agent that crashed. */
export class Restarts {
  readonly #agentId: string;
  readonly #hosting: Hosting;
  #next: Deadline | undefined;

  constructor(agentId: string, hosting: Hosting) {
    this.#agentId = agentId;
    this.#hosting = hosting;
  }

  /** Crashes in a row. */
  get crashes(): number {
    return this.#hosting.budget.crashes(this.#agentId);
  }

  /** Whether a start is to come. */
  get pending(): boolean {
    return this.#next !== undefined;
  }

  /** The agent crashed. Where that was once too often it is quarantined: what whoever waits for it is to be told. */
  crashed(cause: Error): DrowseError | undefined {
    const { budget, quarantines, announce, settings } = this.#hosting;
    const agentId = this.#agentId;
    budget.crashed(agentId);
    if (!budget.isSpent(agentId)) return undefined;
    const { crashes } = this;
    quarantines.add(agentId, { cause, crashes }).catch((err: Error) => {
      settings.log.error({ agentId, err }, 'a quarantine is not on disk: it ends with this process');
    });
    announce('quarantined', { agentId, cause, crashes });
    return quarantines.refusal(agentId);
  }

  /** A turn ended, or a message was given up: whatever crashed before, the agent gets somewhere. */
  progressed(): void {
    this.#hosting.budget.progressed(this.#agentId);
  }

  /** Calls `start` when the wait is over. */
  schedule(start: () => void): void {
    this.#next = this.#hosting.timers.add(
      jittered(restartDelay(this.crashes, this.#hosting.settings.backoffMs), Math.random()),
      () => {
        this.#next = undefined;
        start();
      },
    );
  }

  cancel(): void {
    if (this.#next) this.#hosting.timers.cancel(this.#next);
    this.#next = undefined;
  }
}
