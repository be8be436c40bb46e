import type { Clock, Timer } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { Messages } from '../storage/messages.ts';

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

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.after(INTERVAL_MS, () => void this.#purge(), { background: true });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  async #purge(): Promise<void> {
    const { messages, clock, log, idempotencyRetentionMs, idempotencyLimit, deadLetterRetentionMs } = this.#options;
    this.start();
    const now = clock.now();
    const letters = now - deadLetterRetentionMs;
    try {
      await messages.purge({ answers: now - idempotencyRetentionMs, perAgent: idempotencyLimit, letters });
    } catch (err) {
      log.warn({ err }, 'what has been kept long enough could not be cleared');
    }
  }
}
