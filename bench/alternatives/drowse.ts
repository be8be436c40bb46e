import { Supervisor } from 'drowse';
import { agents } from '../agents.ts';
import type { Host, Reply, State, Told } from './host.ts';

/** Conversations as agents, each turn fsynced. */
export class Drowse implements Host {
  readonly pid = process.pid;
  readonly #supervisor: Supervisor;

  private constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  static async open(directory: string): Promise<Drowse> {
    return new Drowse(await Supervisor.open({ directory, agents, durability: 'fsync' }));
  }

  send(agent: number, told: Told): Promise<Reply> {
    return this.#supervisor.send<Reply>(idOf(agent), told);
  }

  async forget(agent: number): Promise<void> {
    await this.#supervisor.passivate(idOf(agent));
  }

  async kept(agent: number): Promise<State> {
    return (await this.#supervisor.inspect(idOf(agent), { state: true }))?.state as State;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#supervisor.close();
  }
}

function idOf(agent: number): string {
  return `conversation/${agent}`;
}
