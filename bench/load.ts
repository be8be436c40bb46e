/**
 * Sends messages `0 … count - 1`, `inFlight` of them at any time, each new one when an earlier one was answered.
 * Resolves with how many were answered a second.
 */
export async function perSecond(count: number, inFlight: number, send: (n: number) => Promise<void>): Promise<number> {
  let next = 0;
  const lane = async () => {
    while (next < count) await send(next++);
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: inFlight }, lane));
  return count / ((performance.now() - start) / 1_000);
}

/** How long a call takes, in milliseconds. */
export async function timed(call: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await call();
  return performance.now() - start;
}
