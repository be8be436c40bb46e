import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { perSecond } from '../load.ts';
import type { Recorded } from './traffic.ts';

/** How long a replay takes where nobody says how fast it should be. */
const ABOUT_MS = 60_000;
/** At the speed 0. */
const IN_FLIGHT = 64;

/** The speed at which traffic of this length takes about a minute; never slower than it was. */
export function defaultSpeed(lengthMs: number): number {
  return Math.max(1, lengthMs / ABOUT_MS);
}

/**
 * Sends each message at its time, so many times faster than it was recorded, whether or not the ones before were answered;
 * at the speed 0 as soon as fewer than 64 are in flight. Resolves once all were answered, with how late each was sent, in
 * milliseconds. `send` must not reject.
 */
export async function replayAt(
  speed: number,
  traffic: readonly Recorded[],
  send: (recorded: Recorded) => Promise<void>,
): Promise<number[]> {
  if (speed === 0) {
    await perSecond(traffic.length, IN_FLIGHT, (n) => send(traffic[n] as Recorded));
    return [];
  }
  const late: number[] = [];
  const inFlight = new Set<Promise<void>>();
  const start = performance.now();
  for (const recorded of traffic) {
    const due = start + recorded.at / speed;
    const wait = due - performance.now();
    if (wait >= 1) await sleep(wait);
    // Where it lags behind, replies must get through nevertheless.
    else if (late.length % 16 === 0) await setImmediate();
    late.push(Math.max(0, performance.now() - due));
    const sent = send(recorded).finally(() => inFlight.delete(sent));
    inFlight.add(sent);
  }
  await Promise.all(inFlight);
  return late;
}
