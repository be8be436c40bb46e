import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';

/** How many characters of a thread's output go to the log: so many at once, and so many a second. */
const BURST = 256 * 1_024;
const A_SECOND = 64 * 1_024;
/** How much of its last output is kept to be looked at. */
const KEPT = 4_096;

type Stream = 'stdout' | 'stderr';

/** What a thread writes to its standard streams. The host's log has it, tagged, up to a rate; the last of it is kept. */
export class Output {
  readonly #tags: object;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #last = { stdout: '', stderr: '' };
  #room = BURST;
  #at = 0;
  #leftOut = 0;

  /** `tags`: fields that its lines in the log have. */
  constructor(tags: object, log: Logger, clock: Clock) {
    this.#tags = tags;
    this.#log = log;
    this.#clock = clock;
  }

  /** The last that was written; undefined where that is nothing. */
  get last(): { readonly stdout: string; readonly stderr: string } | undefined {
    return this.#last.stdout === '' && this.#last.stderr === '' ? undefined : { ...this.#last };
  }

  take(stream: Stream, text: string): void {
    this.#last[stream] = (this.#last[stream] + text.slice(-KEPT)).slice(-KEPT);
    const now = this.#clock.elapsed();
    this.#room = Math.min(BURST, this.#room + ((now - this.#at) / 1_000) * A_SECOND);
    this.#at = now;
    // Not with every few characters that there is room for again.
    if (this.#leftOut > 0 && this.#room < A_SECOND) this.#leftOut += text.length;
    else this.#write(stream, text);
  }

  /** There is nothing more to come. */
  end(): void {
    if (this.#leftOut === 0) return;
    this.#log.warn({ ...this.#tags, leftOut: this.#leftOut }, 'characters of its output were left out');
    this.#leftOut = 0;
  }

  #write(stream: Stream, text: string): void {
    this.end();
    const written = text.slice(0, this.#room);
    this.#room -= written.length;
    this.#leftOut = text.length - written.length;
    this.#log.info({ ...this.#tags, stream }, written.trimEnd());
  }
}
