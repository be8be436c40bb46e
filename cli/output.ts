/** Writes one line to stdout. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Rows as text, each column as wide as its widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A moment, given in milliseconds since 1970. */
export function moment(ms: number | undefined): string {
  return ms === undefined ? 'never' : new Date(ms).toISOString();
}

/** Bytes as MiB. */
export function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** Says how the rest of a list is seen. */
export function more(after: string): string {
  return `There are more: --after '${after}' shows them.`;
}

/** A text as one line of at most so many characters. */
export function brief(text: string, room: number): string {
  // A terminal would obey control characters.
  const line = text.replace(/\p{Cc}+/gu, ' ');
  return line.length > room ? `${line.slice(0, room - 1)}…` : line;
}
