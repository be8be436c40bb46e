// Policies: pure functions of state, now and limits. All times are milliseconds on one clock.

/** How long an agent may stay awake from `now` on; 0 or less: it should sleep. A busy one gets its whole timeout again. */
export function idleTimeLeft(agent: { busy: boolean; lastActivity: number }, now: number, timeoutMs: number): number {
  return agent.busy ? timeoutMs : agent.lastActivity + timeoutMs - now;
}

/** The wait before start number `crashes + 1`: the first delay, doubled with each crash in a row, up to the last. */
export function restartDelay(crashes: number, [first, last]: readonly [first: number, last: number]): number {
  // The exponent is bounded: 0 times Infinity would be no number at all.
  return Math.min(last, first * 2 ** Math.min(crashes - 1, 32));
}
