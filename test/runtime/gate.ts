import { randomUUID } from 'node:crypto';
import { BroadcastChannel } from 'node:worker_threads';
import type { Test } from 'tap';

/** What a turn is told to do: to return, to throw, or to end its thread. */
export type Word = 'go' | 'throw' | 'exit';

/**
 * Turns of probes that ask a gate stop there until the test has a word for each: across threads, attempts and restarts, and
 * without a wait for time to pass.
 */
export class Gate {
  readonly name: string = randomUUID();
  /** How many turns have come here. */
  begun = 0;
  readonly #channel = new BroadcastChannel(this.name);
  readonly #words: Word[];
  readonly #waiting: string[] = [];

  /** The first turns are told these words, in their order. */
  constructor(t: Test, ...words: readonly Word[]) {
    this.#words = [...words];
    this.#channel.onmessage = (event) => {
      const { ask } = (event as { data: { ask?: string } }).data;
      if (ask === undefined) return;
      this.begun += 1;
      this.#waiting.push(ask);
      this.#answer();
    };
    t.teardown(() => this.#channel.close());
  }

  /** Tells the turns that have stopped here, or the next ones. */
  say(...words: readonly Word[]): void {
    this.#words.push(...words);
    this.#answer();
  }

  /** Those that have stopped here are gone: the next words are for others. */
  forget(): void {
    this.#waiting.splice(0);
  }

  #answer(): void {
    while (this.#waiting.length > 0 && this.#words.length > 0) {
      this.#channel.postMessage({ to: this.#waiting.shift(), word: this.#words.shift() });
    }
  }
}
