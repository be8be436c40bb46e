import type { Methods } from '../fixtures/model-host.ts';
import { HostProcess } from '../host-process.ts';

const MODULE = new URL('../fixtures/model-host.ts', import.meta.url);

/** A process that hosts one program after the other, until it is killed. */
export type ModelProcess = HostProcess<Methods>;

/** Processes made ahead of use, because starting one takes longer than most programs do. */
export class HostProcesses {
  readonly #spare: ModelProcess[] = [];
  readonly #ahead: number;

  constructor(ahead: number) {
    this.#ahead = ahead;
  }

  take(): ModelProcess {
    const taken = this.#spare.shift() ?? new HostProcess<Methods>(MODULE);
    while (this.#spare.length < this.#ahead) this.#spare.push(new HostProcess<Methods>(MODULE));
    return taken;
  }

  give(process: ModelProcess): void {
    this.#spare.unshift(process);
  }

  async end(): Promise<void> {
    await Promise.all(this.#spare.splice(0).map((process) => process.kill()));
  }
}
