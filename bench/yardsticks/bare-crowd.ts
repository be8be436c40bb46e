import { serialize } from 'node:v8';
import { message } from '../agents.ts';
import type { Crowd } from '../crowd.ts';
import { type Invariant, same } from '../scenario.ts';
import { BareWorker } from './bare-worker.ts';

/** Bare workers, spawned and terminated. Nobody asks the C library to give back what they leave. */
export class BareCrowd implements Crowd {
  readonly #count: number;
  readonly #bytes = serialize(message);
  #workers: BareWorker[] = [];
  #wakes = 0;
  #echoes = 0;

  constructor(count: number) {
    this.#count = count;
  }

  async wake(): Promise<void> {
    this.#wakes += 1;
    this.#workers = Array.from({ length: this.#count }, () => new BareWorker());
    const echoes = await Promise.all(this.#workers.map((worker) => worker.echo(this.#bytes)));
    this.#echoes += echoes.filter(({ length }) => length === this.#bytes.length).length;
  }

  async sleep(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker[Symbol.asyncDispose]()));
  }

  async invariants(): Promise<Invariant[]> {
    return [same('echoes of bare workers', this.#echoes, this.#wakes * this.#count)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sleep();
  }
}
