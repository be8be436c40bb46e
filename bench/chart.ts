import type { Scale } from './scale.ts';

/** Lines over an axis that they share. Plain data: it crosses a process boundary. */
export interface Chart {
  /** Of its file, after the scenario's: letters, digits and hyphens. */
  readonly name: string;
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

export interface Axis {
  readonly label: string;
  /** Of the values, shown behind the label; none for a count or a ratio. */
  readonly unit?: string;
  readonly scale: Scale;
}

export interface Series {
  readonly name: string;
  /** In the order of the line. One that has no place on the axes, a zero on a logarithmic one, is left out. */
  readonly points: ReadonlyArray<readonly [x: number, y: number]>;
  /** For what was not measured: a limit. */
  readonly dashed?: true;
}
