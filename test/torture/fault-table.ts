import type { Isolation, Row } from './fault-matrix.ts';

const HEAD = `| fault | host | bystanders answer | slowest answer | committed state | its caller is told | serves again after |
|---|---|---|---|---|---|---|`;

/** A page with the table under the heading of an isolation written anew. */
export function withTable(page: string, isolation: Isolation, rows: readonly Row[]): string {
  const from = page.indexOf('| fault |', page.indexOf(`### In a ${isolation}`));
  const to = page.indexOf('\n\n', from);
  const rest = to === -1 ? '\n' : page.slice(to);
  return `${page.slice(0, from)}${[HEAD, ...rows.map(line)].join('\n')}${rest}`;
}

function line({ fault, host, answered, slowestMs, kept, told, served, servedAfterMs }: Row): string {
  const stays = host === 'unharmed' || host === 'keeps a thread';
  const cells = [
    fault,
    host,
    `${answered}`,
    stays ? time(slowestMs) : 'none',
    kept ? 'kept' : 'lost',
    toldOf(told),
    !served ? 'never' : stays ? time(servedAfterMs) : 'in the next host',
  ];
  return `| ${cells.join(' | ')} |`;
}

function toldOf(told: string): string {
  if (told === 'DIED' || told === 'KILLED') return 'nothing: its connection ends';
  return /^[A-Z]/.test(told) ? `\`${told}\`` : told;
}

/** Rounded: they differ from run to run. */
function time(ms: number): string {
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`;
  return ms < 10 ? 'under 10 ms' : `${Math.round(ms / 10) * 10} ms`;
}
