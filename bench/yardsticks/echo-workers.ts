import { perSecond } from '../load.ts';
import { BareWorker } from './bare-worker.ts';

/** Bare echo workers under the load of as many agents: what threads alone can carry, with nothing kept. */
export class EchoWorkers implements AsyncDisposable {
  readonly #workers: readonly BareWorker[];
  readonly #bytes: Uint8Array;

  private constructor(workers: readonly BareWorker[], bytes: Uint8Array) {
    this.#workers = workers;
    this.#bytes = bytes;
  }

  /** Resolves once all have answered a first time. */
  static async start(count: number, bytes: Uint8Array): Promise<EchoWorkers> {
    const workers = Array.from({ length: count }, () => new BareWorker());
    await Promise.all(workers.map((worker) => worker.echo(bytes)));
    return new EchoWorkers(workers, bytes);
  }

  perSecond(count: number, inFlight: number): Promise<number> {
    return perSecond(count, inFlight, async (n) => {
      await this.#workers[n % this.#workers.length]?.echo(this.#bytes);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker[Symbol.asyncDispose]()));
  }
}
