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

/** Half to all of a delay, so that what crashed together does not start together. `random` is from 0 up to 1. */
export function jittered(ms: number, random: number): number {
  return ms / 2 + (ms / 2) * random;
}

/** Every sample over this long has to be above the limit: garbage that V8 has not collected yet reads like memory in use. */
const OVER_MS = 500;

/** Whether a thread is to be ended: above its limit in every sample for half a second, or once above twice the limit. */
export function isOverLimit(sample: { bytes: number; overForMs: number | undefined }, limit: number): boolean {
  return sample.bytes > 2 * limit || (sample.overForMs ?? 0) >= OVER_MS;
}

/**
 * How an isolate was found: `busyForMs` is undefined between turns, `ranMs` is how long it has run since it was measured, and `share`
 * what it held of its limit then.
 */
export interface Found {
  readonly busyForMs: number | undefined;
  readonly ranMs: number;
  readonly share: number;
}

const LOOK_MS = 50;
const MEASURE_MS = 1_000;
/** What begins behind a turn, in a timer perhaps, is not announced: for so long it may fill memory before anybody looks. */
const QUIET_MS = 2_000;
/** Running for so long, code could fill some megabytes. */
const RAN_MS = 5;
/** To be measured runs a thread for less: one that waits does not run so long between two looks. */
const STIRRED_MS = 1;

/**
 * Whether an isolate is measured now, which interrupts it: often while it holds much or a turn takes long that does not just wait,
 * else once a second, unless it hardly ran between turns.
 */
export function isMeasured({ busyForMs = 0, ranMs, share }: Found, sinceMs: number): boolean {
  const isBusy = busyForMs >= LOOK_MS;
  if (share > 0.5 || (isBusy && ranMs >= STIRRED_MS)) return true;
  return sinceMs >= MEASURE_MS && (isBusy || ranMs >= RAN_MS);
}

/** In how many milliseconds a thread is looked at again: soon while it works, ever more rarely while it is quiet. */
export function nextLook({ busyForMs, share }: Omit<Found, 'ranMs'>, lastMs: number): number {
  return busyForMs !== undefined || share > 1 ? LOOK_MS : Math.min(QUIET_MS, Math.max(LOOK_MS, 2 * lastMs));
}

/**
 * For how long something has stood still, after a look at it that comes `sinceMs` after the last. A look that comes late,
 * because the looking thread was held up, counts as one that came in time.
 */
export function stillFor(same: boolean, beforeMs: number, sinceMs: number, intervalMs: number): number {
  return same ? beforeMs + Math.min(sinceMs, intervalMs) : 0;
}

/** How many workers are kept ready of a type. */
export interface SpareBounds {
  readonly min: number;
  readonly max: number;
}

/** In this time a spare that was taken is made up for, on a machine that has other things to do. */
const SPARE_MADE_MS = 250;
/** For so long after a wake there may be another. */
const SPARE_KEPT_MS = 10 * 60_000;

/** How many spares of a type to have: as many as are taken in the time that it takes to make one, and one for long after a wake. */
export function sparesWanted(
  { wakesPerSecond, sinceWakeMs }: { wakesPerSecond: number; sinceWakeMs: number },
  { min, max }: SpareBounds,
): number {
  const taken = Math.ceil((wakesPerSecond * SPARE_MADE_MS) / 1_000);
  return Math.max(min, Math.min(max, sinceWakeMs < SPARE_KEPT_MS ? Math.max(1, taken) : 0));
}

/** Those that are idle, the least recently used first. */
export function leastRecent<T extends { readonly idleForMs: number | undefined }>(agents: Iterable<T>): T[] {
  const idle: { readonly agent: T; readonly forMs: number }[] = [];
  for (const agent of agents) if (agent.idleForMs !== undefined) idle.push({ agent, forMs: agent.idleForMs });
  return idle.sort((a, b) => b.forMs - a.forMs).map(({ agent }) => agent);
}

/** How many agents of that size have to sleep until what is used is down to the target. */
export function toEvict(usedBytes: number, targetBytes: number, bytesEach: number): number {
  return Math.max(0, Math.ceil((usedBytes - targetBytes) / bytesEach));
}
