import type { Clock, Timer } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import type { Messages } from '../../storage/messages.ts';

/** After so many answers, the agent of the newest is looked at: who gives many is looked at often. */
const ANSWERS = 100;
/** How often what has been kept long enough is looked for. */
const INTERVAL_MS = 3_600_000;

export interface RetentionOptions {
  readonly messages: Pick<Messages, 'purge'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly idempotencyRetentionMs: number;
  readonly idempotencyLimit: number;
  readonly deadLetterRetentionMs: number;
}

/** Forgets answers and dead letters that have been kept for as long as was asked. */
export class Retention {
  readonly #options: RetentionOptions;
  #timer: Timer | undefined;
  #answers = 0;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.after(INTERVAL_MS, () => void this.#sweep(), { background: true });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** An agent's reply was kept under its key. */
  answered(agentId: string): void {
    this.#answers += 1;
    if (this.#answers % ANSWERS === 0) void this.#purge(agentId);
  }

  async #sweep(): Promise<void> {
    this.start();
    await this.#purge();
  }

  /** Of one agent, or of all. */
  async #purge(agentId?: string): Promise<void> {
    const { messages, clock, log, idempotencyRetentionMs, idempotencyLimit, deadLetterRetentionMs } = this.#options;
    const now = clock.now();
    const letters = now - deadLetterRetentionMs;
    try {
      await messages.purge({ answers: now - idempotencyRetentionMs, perAgent: idempotencyLimit, letters }, agentId);
    } catch (err) {
      log.warn({ err }, 'what has been kept long enough could not be cleared');
    }
  }
}
