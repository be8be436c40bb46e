import type { Attempt } from '../runtime/index.ts';
import { brief, moment } from './output.ts';

/** What became of a durable message so far, on one line. */
export function attemptsAt({
  attempts,
  retryAt,
}: {
  attempts: readonly Attempt[];
  retryAt?: number | undefined;
}): string {
  const parts = [`attempts: ${attempts.length}`];
  if (retryAt !== undefined) parts.push(`next: ${moment(retryAt)}`);
  const last = attempts.at(-1);
  if (last) parts.push(`last: ${causeOf(last)}`);
  return parts.join(', ');
}

/** How an attempt ended. One that has no end runs, or the host ended during it. */
export function causeOf({ cause = 'no end yet' }: Attempt): string {
  return brief(cause, 120);
}
