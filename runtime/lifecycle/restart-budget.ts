import type { Deadline } from '../../core/deadlines.ts';
import type { Timers } from '../../core/timers.ts';

export interface RestartLimits {
  /** How often an agent may be started again within the window. */
  readonly limit: number;
  readonly windowMs: number;
}

interface Crashes {
  /** When they were, on the clock's `elapsed()` scale. */
  readonly times: number[];
  forget: Deadline;
}

/**
 * The crashes of each agent since its last progress: a turn that ended, or a message that was given up. Kept for the length of
 * the window, through sleep, so that an agent that crashes at every message is found out too.
 */
export class RestartBudget {
  readonly #timers: Timers;
  readonly #elapsed: () => number;
  readonly #limits: RestartLimits;
  readonly #agents = new Map<string, Crashes>();

  constructor(timers: Timers, elapsed: () => number, limits: RestartLimits) {
    this.#timers = timers;
    this.#elapsed = elapsed;
    this.#limits = limits;
  }

  /** Crashes in a row. */
  crashes(agentId: string): number {
    return this.#agents.get(agentId)?.times.length ?? 0;
  }

  crashed(agentId: string): void {
    const known = this.#agents.get(agentId);
    if (known) this.#timers.cancel(known.forget);
    const forget = this.#timers.add(this.#limits.windowMs, () => this.#agents.delete(agentId));
    this.#agents.set(agentId, { times: [...(known?.times ?? []), this.#elapsed()], forget });
  }

  progressed(agentId: string): void {
    const known = this.#agents.get(agentId);
    if (known) this.#timers.cancel(known.forget);
    this.#agents.delete(agentId);
  }

  /** Whether one more start would be one too many. */
  isSpent(agentId: string): boolean {
    const since = this.#elapsed() - this.#limits.windowMs;
    const recent = this.#agents.get(agentId)?.times.filter((time) => time > since) ?? [];
    return recent.length > this.#limits.limit;
  }
}
