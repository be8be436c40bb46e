import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Piscina } from 'piscina';
import { DrowseError } from '../../core/errors.ts';

/** What a helper thread can do: the modules of workers/ made for it. */
type Task = 'fold-state' | 'trim-memory';

/** One thread beside the agents' for work that would hold up the main thread. It exists only while there is some. */
export class HelperPool {
  #pool: Promise<Piscina> | undefined;
  #closed = false;

  async run<Result>(task: Task, input?: unknown): Promise<Result> {
    this.#pool ??= import('piscina').then(
      ({ Piscina }) =>
        new Piscina({
          minThreads: 0,
          maxThreads: 1,
          idleTimeout: 1_000,
          // node:ffi says once that it is experimental.
          execArgv: ['--disable-warning=ExperimentalWarning'],
          env: {},
        }),
    );
    const pool = await this.#pool;
    try {
      return await pool.run(input, { filename: moduleOf(task) });
    } catch (cause) {
      if (!this.#closed) throw cause;
      throw new DrowseError('ERR_DROWSE_CLOSED', 'The supervisor was closed before this was done.', { cause });
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await (await this.#pool)?.destroy();
  }
}

/** From sources and from dist/ alike. */
function moduleOf(task: Task): string {
  return fileURLToPath(new URL(`../../workers/${task}${extname(import.meta.filename)}`, import.meta.url));
}
