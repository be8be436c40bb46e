/** Shows on a terminal how far a run is, in one line of stderr that the next call replaces; without text it is removed. */
export function progress(text = ''): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
