import { setTimeout as wait } from 'node:timers/promises';
import type { Supervisor } from '../../runtime/index.ts';
import { eventually } from '../eventually.ts';

/** Agents that are called again and again, one call at a time each, while something happens elsewhere. */
export class Bystanders {
  readonly #host: Supervisor;
  readonly #answered: number[];
  readonly #wrong: unknown[] = [];
  #worstMs = 0;
  #stopped = false;
  #lanes: Promise<void>[] = [];

  private constructor(host: Supervisor, count: number) {
    this.#host = host;
    this.#answered = Array.from({ length: count }, () => 0);
  }

  /** Resolves once each has answered a first time. */
  static async call(host: Supervisor, count: number): Promise<Bystanders> {
    const bystanders = new Bystanders(host, count);
    await Promise.all(bystanders.#answered.map((_, n) => host.warm(`probe/${n}`)));
    bystanders.#lanes = bystanders.#answered.map((_, n) => bystanders.#lane(n));
    await bystanders.allAnswerOnceMore();
    bystanders.#worstMs = 0;
    return bystanders;
  }

  /** Resolves once each has answered a call that was made after this one. */
  async allAnswerOnceMore(): Promise<void> {
    const before = [...this.#answered];
    const all = () => this.#answered.every((answered, n) => answered > (before[n] as number) + 1);
    await eventually('every bystander has answered', () => all() || this.#wrong.length > 0);
  }

  /** What was refused or answered wrongly, and the slowest answer. */
  async stop(): Promise<{ wrong: readonly unknown[]; worstMs: number }> {
    this.#stopped = true;
    await Promise.all(this.#lanes);
    return { wrong: this.#wrong, worstMs: this.#worstMs };
  }

  async #lane(n: number): Promise<void> {
    while (!this.#stopped) {
      const calledAt = performance.now();
      try {
        const count = await this.#host.send(`probe/${n}`, { do: 'note', what: 0 });
        this.#answered[n] = (this.#answered[n] as number) + 1;
        if (count !== this.#answered[n]) this.#wrong.push(count);
      } catch (error) {
        this.#wrong.push(error);
      }
      this.#worstMs = Math.max(this.#worstMs, performance.now() - calledAt);
      await wait(5);
    }
  }
}
