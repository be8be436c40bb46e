import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host, Reply, State, Told } from './host.ts';
import { Queues } from './queues.ts';
import { turn } from './turn.ts';

/**
 * Conversations in a `Map`, and one JSON file each, written anew with every turn, fsynced and renamed over the one before.
 * The folder is not fsynced, as most who do this leave it: the last turns before a power cut may be gone.
 */
export class JsonFiles implements Host {
  readonly pid = process.pid;
  readonly #directory: string;
  readonly #states = new Map<number, State>();
  readonly #queues = new Queues();

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async open(directory: string): Promise<JsonFiles> {
    return new JsonFiles(directory);
  }

  send(agent: number, told: Told): Promise<Reply> {
    return this.#queues.run(agent, async () => {
      const state = this.#states.get(agent) ?? (await this.kept(agent));
      this.#states.set(agent, state);
      const reply = turn(state, told);
      await this.#write(agent, JSON.stringify(state));
      return reply;
    });
  }

  async forget(agent: number): Promise<void> {
    this.#states.delete(agent);
  }

  async kept(agent: number): Promise<State> {
    const json = await readFile(this.#fileOf(agent), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    return json === undefined ? { messages: [], amended: 0 } : (JSON.parse(json) as State);
  }

  async #write(agent: number, json: string): Promise<void> {
    const file = this.#fileOf(agent);
    const next = `${file}.next`;
    await using handle = await open(next, 'w');
    await handle.writeFile(json);
    await handle.sync();
    await rename(next, file);
  }

  #fileOf(agent: number): string {
    return join(this.#directory, `${agent}.json`);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
