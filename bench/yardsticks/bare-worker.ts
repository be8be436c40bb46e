import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

const ENTRY = new URL(`./echo-entry${extname(import.meta.filename)}`, import.meta.url);

/** A worker that only echoes, started with the options of drowse's own threads: the least that a thread can be. */
export class BareWorker implements AsyncDisposable {
  readonly #worker = new Worker(ENTRY, {
    name: 'bare',
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 1_024 },
    stdout: true,
    stderr: true,
  });
  readonly #waiting: Array<(bytes: Uint8Array) => void> = [];

  constructor() {
    this.#worker.on('message', (bytes: Uint8Array) => this.#waiting.shift()?.(bytes));
  }

  /** The bytes through the worker and back. The first call is answered once the worker has started. */
  echo(bytes: Uint8Array): Promise<Uint8Array> {
    const { promise, resolve } = Promise.withResolvers<Uint8Array>();
    this.#waiting.push(resolve);
    this.#worker.postMessage(bytes);
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}
