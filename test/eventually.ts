import { setTimeout as wait } from 'node:timers/promises';

/** Waits until `check` returns something truthy, and returns it; gives up, naming `what`, after 30 s or as long as it is given. */
export async function eventually<T>(
  what: string,
  check: () => T | Promise<T>,
  patienceMs = 30_000,
): Promise<NonNullable<T>> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    const result = await check();
    if (result) return result as NonNullable<T>;
    if (Date.now() > giveUpAt) throw new Error(`It never came about that ${what}.`);
    await wait(5);
  }
}
