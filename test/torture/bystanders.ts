import { setTimeout as wait } from 'node:timers/promises';
import type { Methods } from '../fixtures/faults-host.ts';
import type { HostProcess, Refused } from '../host-process.ts';

/** How long each waits between an answer and its next call. */
const PAUSE_MS = 20;

class Bystander {
  readonly id: string;
  acknowledged = 0;
  /** Calls since the last acknowledged one that may have been committed. */
  doubtful = 0;
  /** Whether it has answered a call that began since {@link ask}. */
  answered = false;
  #slowestMs = 0;
  /** When the call under way began. */
  #calledAt: number | undefined;
  #askedAt = 0;

  constructor(n: number) {
    this.id = `bystander/${n}`;
  }

  /** Forgets how long calls took. */
  mark(): void {
    this.#slowestMs = 0;
  }

  ask(): void {
    this.#askedAt = performance.now();
    this.answered = false;
  }

  /** The longest that a call took since {@link mark}, or has taken so far. */
  get slowestMs(): number {
    return Math.max(this.#slowestMs, this.#calledAt === undefined ? 0 : performance.now() - this.#calledAt);
  }

  /** Calls once; returns what is wrong with the answer, if anything. */
  async call(host: HostProcess<Methods>): Promise<string | undefined> {
    const calledAt = performance.now();
    this.#calledAt = calledAt;
    this.doubtful += 1;
    const count = await host.call('send', this.id, {});
    this.#calledAt = undefined;
    this.#slowestMs = Math.max(this.#slowestMs, performance.now() - calledAt);
    if (calledAt >= this.#askedAt) this.answered = true;
    return this.settle(Number(count), this.doubtful === 1 ? 1 : 0);
  }

  /** Compares what the agent has counted with what it has answered; `least` is how many more turns it must have. */
  settle(count: number, least: number): string | undefined {
    const { acknowledged, doubtful } = this;
    this.acknowledged = count;
    this.doubtful = 0;
    if (count >= acknowledged + least && count <= acknowledged + doubtful) return undefined;
    return `${this.id} has ${count} turns after ${acknowledged} acknowledged and ${doubtful} that may be`;
  }
}

/** Agents that do nothing wrong, each called again and again by a client of its own. */
export class Bystanders {
  readonly #agents: Bystander[];
  /** What went wrong since {@link mark}: errors, and counts that are off. */
  readonly wrong = new Set<string>();
  #running: Promise<unknown> = Promise.resolve();
  #stopped = true;

  constructor(count: number) {
    this.#agents = Array.from({ length: count }, (_, n) => new Bystander(n));
  }

  /** Calls them on that host, until it is gone or {@link stop} is called. */
  start(host: HostProcess<Methods>): void {
    this.#stopped = false;
    this.#running = Promise.all(this.#agents.map((agent) => this.#converse(agent, host)));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  /** Forgets what went wrong, and how long calls took. */
  mark(): void {
    this.wrong.clear();
    for (const agent of this.#agents) agent.mark();
  }

  /** From now on it is counted who answers. */
  ask(): void {
    for (const agent of this.#agents) agent.ask();
  }

  /** How many have answered a call that began since {@link ask}. */
  get answered(): number {
    return this.#agents.filter(({ answered }) => answered).length;
  }

  get all(): boolean {
    return this.answered === this.#agents.length;
  }

  get slowestMs(): number {
    return Math.max(...this.#agents.map(({ slowestMs }) => slowestMs));
  }

  /** Compares what the host has of each with what was acknowledged; returns what is wrong. */
  async check(host: HostProcess<Methods>): Promise<string[]> {
    const found: string[] = [];
    for (const agent of this.#agents) {
      const wrong = agent.settle(await host.call('count', agent.id), 0);
      if (wrong) found.push(wrong);
    }
    return found;
  }

  async #converse(agent: Bystander, host: HostProcess<Methods>): Promise<void> {
    while (!this.#stopped) {
      try {
        const wrong = await agent.call(host);
        if (wrong) this.wrong.add(wrong);
      } catch (error) {
        const { code } = error as Refused;
        if (code === 'DIED' || code === 'KILLED') return;
        this.wrong.add(code);
      }
      await wait(PAUSE_MS);
    }
  }
}
