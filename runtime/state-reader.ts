import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Piscina } from 'piscina';
import type { Stored } from '../storage/store.ts';

const FOLD = fileURLToPath(new URL(`../workers/fold-state${extname(import.meta.filename)}`, import.meta.url));

/** Rebuilds stored states in a thread of its own, which exists only while somebody looks. */
export class StateReader {
  #pool: Promise<Piscina> | undefined;

  async read({ snapshot, records }: Stored): Promise<unknown> {
    this.#pool ??= import('piscina').then(
      ({ Piscina }) =>
        new Piscina({ filename: FOLD, minThreads: 0, maxThreads: 1, idleTimeout: 1_000, execArgv: [], env: {} }),
    );
    return (await this.#pool).run({ snapshot, records });
  }

  async close(): Promise<void> {
    await (await this.#pool)?.destroy();
  }
}
