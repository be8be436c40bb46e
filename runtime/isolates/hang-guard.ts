import type { Clock } from '../../core/clock.ts';
import type { Deadline } from '../../core/deadlines.ts';
import type { Timers } from '../../core/timers.ts';
import { stillFor } from '../policies.ts';

/** A thread as the guard sees it. */
export interface Beating {
  readonly pulse: { readonly running: number | undefined };
  /** When its event loop last turned, in milliseconds since 1970; 0 before the first time. */
  lastBeat(): number;
  /** Called once: its event loop has not turned for so long, in milliseconds. */
  hung(blockedMs: number): void;
  /** The turn of that number has been running for longer than `turnTimeoutMs`. May be called again for the same turn. */
  overdue(turn: number): void;
}

export interface HangLimits {
  readonly heartbeatIntervalMs: number;
  readonly hangTimeoutMs: number;
  readonly turnTimeoutMs: number;
}

interface Watched {
  readonly thread: Beating;
  beat: number;
  silentMs: number;
  turn: number | undefined;
  turnMs: number;
}

/**
 * Finds threads whose event loop is blocked, and turns that take too long, by looking at each thread's pulse once in a heartbeat.
 * Time in which this thread did not get to look is not counted: on a starved machine nobody hangs.
 */
export class HangGuard {
  readonly #timers: Timers;
  readonly #clock: Clock;
  readonly #limits: HangLimits;
  readonly #watched = new Map<Beating, Watched>();
  #next: Deadline | undefined;
  #lookedAt = 0;

  constructor(timers: Timers, clock: Clock, limits: HangLimits) {
    this.#timers = timers;
    this.#clock = clock;
    this.#limits = limits;
  }

  watch(thread: Beating): void {
    this.#watched.set(thread, { thread, beat: 0, silentMs: 0, turn: undefined, turnMs: 0 });
    if (this.#next === undefined) this.#plan();
  }

  unwatch(thread: Beating): void {
    this.#watched.delete(thread);
    if (this.#watched.size > 0 || this.#next === undefined) return;
    this.#timers.cancel(this.#next);
    this.#next = undefined;
  }

  #plan(): void {
    this.#lookedAt = this.#clock.elapsed();
    this.#next = this.#timers.add(this.#limits.heartbeatIntervalMs, () => this.#look());
  }

  #look(): void {
    const { heartbeatIntervalMs, hangTimeoutMs, turnTimeoutMs } = this.#limits;
    const sinceMs = this.#clock.elapsed() - this.#lookedAt;
    for (const watched of this.#watched.values()) {
      const { thread } = watched;
      const lastBeat = thread.lastBeat();
      const { running } = thread.pulse;
      // Before its first beat it starts, for which it has a time of its own. Between turns that wait for nothing
      // there is no beat.
      const isSilent = lastBeat !== 0 && lastBeat === watched.beat && running === watched.turn;
      watched.silentMs = stillFor(isSilent, watched.silentMs, sinceMs, heartbeatIntervalMs);
      watched.beat = lastBeat;
      const sameTurn = running !== undefined && running === watched.turn;
      watched.turnMs = stillFor(sameTurn, watched.turnMs, sinceMs, heartbeatIntervalMs);
      watched.turn = running;
      if (watched.silentMs >= hangTimeoutMs) {
        this.#watched.delete(thread);
        thread.hung(watched.silentMs);
      } else if (running !== undefined && watched.turnMs >= turnTimeoutMs) thread.overdue(running);
    }
    if (this.#watched.size > 0) this.#plan();
    else this.#next = undefined;
  }
}
