import { createHistogram } from 'node:perf_hooks';

/** What a supervisor counts since it was opened. */
export class Counters {
  committed = 0;
  failed = 0;
  cancelled = 0;
  crashes = 0;
  #epochs = 0;
  /** From send to reply, in microseconds. */
  readonly #latency = createHistogram();

  /** A number no incarnation had before. */
  nextEpoch(): number {
    this.#epochs += 1;
    return this.#epochs;
  }

  answered(tookMs: number): void {
    this.#latency.record(Math.max(1, Math.round(tookMs * 1_000)));
  }

  /** Milliseconds; all 0 before the first reply. */
  get latency(): { p50: number; p99: number; max: number } {
    if (this.#latency.count === 0) return { p50: 0, p99: 0, max: 0 };
    const ms = (us: number) => us / 1_000;
    return { p50: ms(this.#latency.percentile(50)), p99: ms(this.#latency.percentile(99)), max: ms(this.#latency.max) };
  }
}
