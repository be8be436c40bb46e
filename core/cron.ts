import { getBuiltinModule } from 'node:process';

let croner: typeof import('croner') | undefined;

/**
 * The first time after `after` that a cron expression names, in milliseconds since 1970; undefined where there is none.
 * Throws where the expression or the time zone is wrong. The library is loaded by the first call: few threads ever need it.
 */
export function nextCronTime(expression: string, timezone: string | undefined, after: number): number | undefined {
  croner ??= load();
  const cron = new croner.Cron(expression, { paused: true, ...(timezone !== undefined && { timezone }) });
  return cron.nextRun(new Date(after))?.getTime();
}

function load(): typeof import('croner') {
  const { createRequire } = getBuiltinModule('node:module');
  return createRequire(import.meta.url)('croner') as typeof import('croner');
}
