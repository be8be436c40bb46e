/** How a host ended. */
export interface Death {
  /** Its exit status, or the signal that ended it. */
  readonly by: number | NodeJS.Signals;
  /** Whether it, or one before it, was ready for work. One that never was is not started as it should be. */
  readonly wasReady: boolean;
  /** Whether somebody wanted it to end. */
  readonly asked: boolean;
}

/** A host that ran for so long is no part of a series of deaths. */
const SOUND_MS = 60_000;
const FIRST_MS = 100;
const LAST_MS = 30_000;

/**
 * Whether a host is started again: after any end but one that was asked for, of the launcher or of itself, or that it chose by
 * ending with status 0.
 */
export function isStartedAgain({ by, wasReady, asked }: Death): boolean {
  if (asked || by === 0 || by === 'SIGTERM' || by === 'SIGINT') return false;
  // A status before it was ready tells of a start that will fail again.
  return wasReady || typeof by === 'string';
}

/** The number of deaths in a row, this one included. */
export function deathsInARow(before: number, ranMs: number): number {
  return ranMs >= SOUND_MS ? 1 : before + 1;
}

/** The wait before the next start, in milliseconds: none after the first death, then longer with each. */
export function restartDelay(deaths: number): number {
  return deaths <= 1 ? 0 : Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(deaths - 2, 16));
}
