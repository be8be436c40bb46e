import { serialize } from 'node:v8';
import { message } from '../agents.ts';
import { inChild } from '../child.ts';
import { type Crowd, type Stages, throughStages } from '../crowd.ts';
import type { Invariant } from '../scenario.ts';
import { BareWorker } from './bare-worker.ts';

interface Params {
  readonly count: number;
  readonly cycles: number;
}

/** The stages of a crowd of bare workers, in a process of its own. */
export function bareStages(params: Params): Promise<Stages> {
  return inChild(import.meta.url, 'inThisProcess', params);
}

/** For {@link bareStages}, which names it to a child process. @public */
export function inThisProcess({ count, cycles }: Params): Promise<Stages> {
  return throughStages(new BareCrowd(count), cycles);
}

class BareCrowd implements Crowd {
  readonly #count: number;
  readonly #bytes = serialize(message);
  #workers: BareWorker[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  async wake(): Promise<void> {
    this.#workers = Array.from({ length: this.#count }, () => new BareWorker());
    await Promise.all(this.#workers.map((worker) => worker.echo(this.#bytes)));
  }

  async sleep(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker[Symbol.asyncDispose]()));
  }

  async invariants(): Promise<Invariant[]> {
    return [];
  }
}
