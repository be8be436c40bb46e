/** How one axis of a chart is drawn. */
export type Scale = 'linear' | 'log';

/** What an axis shows: from where to where, and the values that are marked on it, in order. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
}

/** Whether a value has a place on such an axis. */
export function isShown(value: number, scale: Scale): boolean {
  return Number.isFinite(value) && (scale === 'linear' || value > 0);
}

/**
 * The range that shows all of the values: a linear one from zero on where none is negative, a logarithmic one from one
 * mark to another. About `count` marks, at round values. Values that have no place on the axis are passed over.
 */
export function rangeOf(values: readonly number[], scale: Scale, count = 6): Range {
  const shown = values.filter((value) => isShown(value, scale));
  if (shown.length === 0) return rangeOf([1], scale, count);
  // Not by spreading: there may be more values than a call takes.
  const least = shown.reduce((a, b) => Math.min(a, b));
  const most = shown.reduce((a, b) => Math.max(a, b));
  return scale === 'linear' ? linear(Math.min(least, 0), most, count) : logarithmic(least, most, count);
}

/** Where a value stands on an axis: 0 at its start, 1 at its end. */
export function place(value: number, { from, to }: Range, scale: Scale): number {
  if (scale === 'linear') return (value - from) / (to - from);
  return (Math.log(value) - Math.log(from)) / (Math.log(to) - Math.log(from));
}

function linear(least: number, most: number, count: number): Range {
  const rough = (most - least || Math.abs(most) || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10);
  const first = Math.floor(least / step + 1e-9);
  const last = Math.max(Math.ceil(most / step - 1e-9), first + 1);
  const ticks = Array.from({ length: last - first + 1 }, (_, n) => exact((first + n) * step));
  return { from: exact(first * step), to: exact(last * step), ticks };
}

/** Marks at 1, 2 and 5 of each power of ten where few powers are shown, at powers alone where many are. */
function logarithmic(least: number, most: number, count: number): Range {
  const decades = Math.log10(most / least);
  const factors = decades * 3 <= count ? [1, 2, 5] : [1];
  const stride = Math.max(1, Math.ceil(decades / count));
  const marks: number[] = [];
  for (let power = Math.floor(Math.log10(least)); power <= Math.ceil(Math.log10(most)) + stride; power += stride) {
    for (const factor of factors) marks.push(exact(factor * 10 ** power));
  }
  const first = marks.findLastIndex((mark) => mark <= least * (1 + 1e-9));
  const last = Math.max(
    marks.findIndex((mark) => mark >= most * (1 - 1e-9)),
    first + 1,
  );
  const ticks = marks.slice(first, last + 1);
  return { from: ticks[0] as number, to: ticks.at(-1) as number, ticks };
}

/** Without what binary fractions add: 0.3, not 0.30000000000000004. */
function exact(value: number): number {
  return Number(value.toPrecision(12));
}
