/** The value below which the share `q` (0 to 1) of the values lies, by linear interpolation. Throws where there is none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  if (below === undefined || above === undefined) throw new RangeError('There is no quantile of no values.');
  return below + (above - below) * (at - Math.floor(at));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** By how much y grows where x grows by one: that of the straight line with the least squares. NaN of fewer than two points. */
export function slope(points: ReadonlyArray<readonly [x: number, y: number]>): number {
  const x = mean(points.map(([x]) => x));
  const y = mean(points.map(([, y]) => y));
  const along = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return along / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

/** One round: the same figure of the product and of its yardstick, taken from the machine as it was then. */
export interface Pair {
  readonly value: number;
  readonly yardstick: number;
}

/**
 * The round whose ratio is the median of all: a machine that slows down for a round slows both sides of it, which the
 * quotient of two medians would not cancel. Of an even number, the smaller of the two in the middle.
 */
export function overRounds(rounds: readonly Pair[]): Pair & { readonly ratio: number } {
  const byRatio = rounds
    .map(({ value, yardstick }) => ({ value, yardstick, ratio: value / yardstick }))
    .sort((a, b) => a.ratio - b.ratio);
  const middle = byRatio[Math.ceil(byRatio.length / 2) - 1];
  if (middle === undefined) throw new RangeError('There is no median of no rounds.');
  return middle;
}

/** The values in their order, so many at a time; a rest that does not fill a bucket is left out. */
export function buckets(values: readonly number[], size: number): number[][] {
  return Array.from({ length: Math.floor(values.length / size) }, (_, n) => values.slice(n * size, (n + 1) * size));
}
