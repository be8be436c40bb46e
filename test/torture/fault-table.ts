import type { Row } from './fault-matrix.ts';

const HEAD = `| fault | host | bystanders answer | slowest answer | committed state | its caller is told | serves again after |
|---|---|---|---|---|---|---|`;

/** A page with the table at its end written anew. */
export function withTable(page: string, rows: readonly Row[]): string {
  return `${page.slice(0, page.indexOf('| fault |'))}${[HEAD, ...rows.map(line)].join('\n')}\n`;
}

function line({ fault, host, answered, slowestMs, kept, told, servedAfterMs }: Row): string {
  const cells = [
    fault,
    host,
    `${answered}`,
    time(slowestMs),
    kept ? 'kept' : 'lost',
    /^[A-Z]/.test(told) ? `\`${told}\`` : told,
    servedAfterMs === undefined ? 'never' : time(servedAfterMs),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Times say little but their order: they differ from run to run. */
function time(ms: number): string {
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`;
  return ms < 10 ? 'under 10 ms' : `${Math.round(ms / 10) * 10} ms`;
}
