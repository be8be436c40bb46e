import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Level } from 'level';
import { Piscina } from 'piscina';
import type { Host, Reply, State, Told } from './host.ts';
import { Queues } from './queues.ts';

const ENTRY = new URL(`./turn-entry${extname(import.meta.filename)}`, import.meta.url);

/** Conversations in LevelDB, read for each turn, run in a pool of threads, and put back with `sync`. */
export class PiscinaLevel implements Host {
  readonly pid = process.pid;
  readonly #level: Level<string, State>;
  readonly #pool = new Piscina<{ state: State; told: Told }, { state: State; reply: Reply }>({
    filename: fileURLToPath(ENTRY),
  });
  readonly #queues = new Queues();

  private constructor(level: Level<string, State>) {
    this.#level = level;
  }

  static async open(directory: string): Promise<PiscinaLevel> {
    const level = new Level<string, State>(directory, { valueEncoding: 'json' });
    await level.open();
    return new PiscinaLevel(level);
  }

  send(agent: number, told: Told): Promise<Reply> {
    return this.#queues.run(agent, async () => {
      const { state, reply } = await this.#pool.run({ state: await this.kept(agent), told });
      await this.#level.put(String(agent), state, { sync: true });
      return reply;
    });
  }

  async kept(agent: number): Promise<State> {
    return (await this.#level.get(String(agent))) ?? { messages: [], amended: 0 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.close();
    await this.#level.close();
  }
}
