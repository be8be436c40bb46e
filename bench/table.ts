import type { Figure, Limit } from './scenario.ts';

const COLUMNS = ['figure', 'value', 'unit', 'yardstick', 'ratio', 'limit'] as const;
/** Of text; the others hold numbers, which stand to the right. */
const LEFT = new Set<string>(['figure', 'unit', 'limit']);

/** The figures of one scenario as lines of text, in columns. */
export function table(figures: readonly Figure[]): string {
  const rows = [[...COLUMNS], ...figures.map(cells)];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) =>
    row.map((cell, column) => pad(cell, widths[column] ?? 0, LEFT.has(COLUMNS[column] ?? ''))).join('  ');
  const [head = [], ...body] = rows;
  return [head, widths.map((width) => '-'.repeat(width)), ...body].map((row) => line(row).trimEnd()).join('\n');
}

/** Three significant digits, whole from 100 on, thousands apart. */
export function show(value: number): string {
  const digits = Math.abs(value) >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 };
  return value.toLocaleString('en', digits);
}

function cells({ name, unit, value, yardstick, ratio, limit, holds }: Figure): string[] {
  return [
    name,
    show(value),
    unit,
    yardstick === undefined ? '' : show(yardstick),
    ratio === undefined ? '' : ratio.toFixed(2),
    limit === undefined ? '' : `${bound(limit)} ${holds ? 'holds' : 'MISSED'}`,
  ];
}

/** A limit as people write it. */
export function bound(limit: Limit): string {
  return 'atMost' in limit ? `<= ${limit.atMost}` : `>= ${limit.atLeast}`;
}

function pad(cell: string, width: number, left: boolean): string {
  return left ? cell.padEnd(width) : cell.padStart(width);
}
