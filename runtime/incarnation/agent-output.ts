import type { Clock } from '../../core/clock.ts';
import { decode } from '../../core/codec.ts';
import type { Logger } from '../../core/log.ts';
import type { Up } from '../../workers/protocol.ts';

/** How many characters of an agent's output go to the log: so many at once, and so many a second. */
const BURST = 256 * 1_024;
const A_SECOND = 64 * 1_024;
/** How much of its last output is kept to be looked at. */
const KEPT = 4_096;

type Stream = 'stdout' | 'stderr';

/**
 * What an incarnation writes: log lines of its own, and to its standard streams. The host's log has it, tagged, of the streams up to a
 * rate and the last of that is kept.
 */
export class AgentOutput {
  readonly #agentId: string;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #last = { stdout: '', stderr: '' };
  #room = BURST;
  #at = 0;
  #leftOut = 0;

  constructor(agentId: string, log: Logger, clock: Clock) {
    this.#agentId = agentId;
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

  line({ level, fields, text }: Extract<Up, { kind: 'log' }>): void {
    const agentId = this.#agentId;
    try {
      this.#log[level]({ ...(decode(fields) as object), agentId }, text);
    } catch (err) {
      this.#log.warn({ agentId, err, text }, 'a log line could not be written');
    }
  }

  /** There is nothing more to come. */
  end(): void {
    if (this.#leftOut === 0) return;
    this.#log.warn({ agentId: this.#agentId, leftOut: this.#leftOut }, 'characters of its output were left out');
    this.#leftOut = 0;
  }

  #write(stream: Stream, text: string): void {
    this.end();
    const written = text.slice(0, this.#room);
    this.#room -= written.length;
    this.#leftOut = text.length - written.length;
    this.#log.info({ agentId: this.#agentId, stream }, written.trimEnd());
  }
}
