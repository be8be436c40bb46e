/** A timer that can be taken back. */
export interface Timer {
  cancel(): void;
}

/** Where every time in the runtime comes from, so that a test can move it by hand. */
export interface Clock {
  /** Wall-clock time in milliseconds since 1970: for what is stored or shown. */
  now(): number;
  /** Milliseconds on a clock that never jumps: for what is measured or awaited. */
  elapsed(): number;
  /** Calls `run` once, `ms` milliseconds from now. In the `background`, it doesn't keep the process alive. */
  after(ms: number, run: () => void, options?: { background?: boolean }): Timer;
}

/** `setTimeout` fires at once beyond this; a longer wait is cut and started again by {@link Deadlines}. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: Date.now,
  elapsed: () => performance.now(),
  after(ms, run, options) {
    const timer = setTimeout(run, Math.min(ms, MAX_TIMER_MS));
    if (options?.background) timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
