import { table } from '../output.ts';
import { count } from './check.ts';
import type { Checkup } from './checkup.ts';

/** A checkup as text: a line for each check, a remedy under it, and what it comes to. */
export function shownCheckup({ checks, agents, boundBy, bad }: Checkup): string {
  const lines = table(checks.map(({ status, name, found }) => [status, name, found])).split('\n');
  const indent = ' '.repeat(4);
  const shown = checks.flatMap(({ remedy }, i) => [lines[i], ...(remedy === undefined ? [] : [`${indent}${remedy}`])]);
  const verdict = bad === 0 ? '' : ` Bad: ${bad}.`;
  return [
    ...shown,
    '',
    `Some ${count(agents)} small agents can be awake at once, bounded by ${boundBy}.${verdict}`,
  ].join('\n');
}
