import { DrowseError } from '../core/errors.ts';
import type { AgentLog } from '../core/log.ts';
import type { Up } from './protocol.ts';

/** The promises for which an agent stays awake. */
export class Wakefulness {
  readonly #post: (frame: Up) => void;
  readonly #log: AgentLog;
  #held = 0;

  constructor(post: (frame: Up) => void, log: AgentLog) {
    this.#post = post;
    this.#log = log;
  }

  get kept(): boolean {
    return this.#held > 0;
  }

  hold(promise: PromiseLike<unknown>): void {
    if (typeof promise?.then !== 'function')
      throw new DrowseError(
        'ERR_DROWSE_INVALID_OPTIONS',
        'keepAwake() takes a promise, and the agent stays awake until it is settled.',
      );
    this.#held += 1;
    if (this.#held === 1) this.#post({ kind: 'awake', kept: true });
    // Of any kind: one whose then() throws is rejected.
    Promise.resolve(promise).then(
      () => this.#release(),
      (err: unknown) => {
        this.#log.warn({ err: String(err) }, 'a promise that kept the agent awake was rejected');
        this.#release();
      },
    );
  }

  #release(): void {
    this.#held -= 1;
    if (this.#held === 0) this.#post({ kind: 'awake', kept: false });
  }
}
