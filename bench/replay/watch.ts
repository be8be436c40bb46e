import type { Supervisor } from 'drowse';

/** What was seen at one moment. */
export interface Seen {
  /** Seconds since the start. */
  readonly at: number;
  /** Agents with a thread. */
  readonly awake: number;
  /** Of the process, in MiB. */
  readonly rss: number;
}

/** Watches the agents of a supervisor: which are awake, how often one woke, and what the process took meanwhile. */
export class Watch {
  readonly seen: Seen[] = [];
  readonly #supervisor: Supervisor;
  readonly #awake = new Set<string>();
  readonly #start = performance.now();
  readonly #timer: NodeJS.Timeout;
  #wakes = 0;

  constructor(supervisor: Supervisor, intervalMs: number) {
    this.#supervisor = supervisor;
    supervisor.on('activated', ({ agentId }) => {
      this.#wakes += 1;
      this.#awake.add(agentId);
    });
    for (const ended of ['passivated', 'crashed', 'stopped'] as const) {
      supervisor.on(ended, ({ agentId }) => this.#awake.delete(agentId));
    }
    this.#look();
    this.#timer = setInterval(() => this.#look(), intervalMs);
  }

  /** How many threads were started. */
  get wakes(): number {
    return this.#wakes;
  }

  isAwake(agentId: string): boolean {
    return this.#awake.has(agentId);
  }

  #look(): void {
    const { memory } = this.#supervisor.stats();
    this.seen.push({
      at: (performance.now() - this.#start) / 1_000,
      awake: this.#awake.size,
      rss: memory.rss / 1024 ** 2,
    });
  }

  /** Looks a last time. */
  stop(): void {
    clearInterval(this.#timer);
    this.#look();
  }
}
