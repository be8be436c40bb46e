/** How a host ended, and how far it had come. */
export interface Death {
  /** Undefined where a signal ended it. */
  readonly code: number | undefined;
  readonly ranMs: number;
  /** Whether it, or one before it, was ready for work. One that never was is not started as it should be. */
  readonly wasReady: boolean;
  /** Whether somebody wanted it to end. */
  readonly asked: boolean;
}

/** A host that ran for so long is no part of a series of deaths. */
const SOUND_MS = 60_000;
const FIRST_MS = 100;
const LAST_MS = 30_000;

/** Whether a host is started again: after any end but the one that was asked for, or that it chose itself by ending with status 0. */
export function isStartedAgain({ code, wasReady, asked }: Death): boolean {
  return wasReady && !asked && code !== 0;
}

/** The number of deaths in a row, this one included. */
export function deathsInARow(before: number, { ranMs }: Pick<Death, 'ranMs'>): number {
  return ranMs >= SOUND_MS ? 1 : before + 1;
}

/** The wait before the next start, in milliseconds: none after the first death, then longer with each. */
export function restartDelay(deaths: number): number {
  return deaths <= 1 ? 0 : Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(deaths - 2, 16));
}
