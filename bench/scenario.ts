import type { Chart } from './chart.ts';

/** What a scenario is told. It crosses a process boundary: plain data. */
export interface Context {
  /** Smaller counts: a look whether all works, not a measurement. */
  readonly short: boolean;
  /** Where stores are made; what file system it lies on decides what an fsync costs. */
  readonly directory: string;
}

/** A stated bound of a figure: of its ratio where it has one, else of its value. */
export type Limit = { readonly atMost: number } | { readonly atLeast: number };

export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** The same figure of the bare parts, from the same run. */
  readonly yardstick?: number;
  readonly ratio?: number;
  readonly limit?: Limit;
  readonly holds?: boolean;
}

/** Something that is true of a correct run on any machine. */
export interface Invariant {
  readonly name: string;
  readonly ok: boolean;
  readonly detail?: string;
}

export interface Outcome {
  readonly figures: readonly Figure[];
  readonly invariants: readonly Invariant[];
  /** What the runner draws where `--charts` asks for it. */
  readonly charts?: readonly Chart[];
}

/** A file in `scenarios/`, whose name is the scenario's. It runs in a process of its own. */
export interface Scenario {
  /** One line for `--list`. */
  readonly about: string;
  run(context: Context): Promise<Outcome>;
}

/** Fills in the ratio, and whether the limit holds. */
export function figure(given: Omit<Figure, 'holds'>): Figure {
  const { value, yardstick, limit } = given;
  const ratio = given.ratio ?? (yardstick === undefined ? undefined : value / yardstick);
  const measured = ratio ?? value;
  const holds = limit && ('atMost' in limit ? measured <= limit.atMost : measured >= limit.atLeast);
  return { ...given, ...(ratio !== undefined && { ratio }), ...(holds !== undefined && { holds }) };
}

/** An invariant that two plain values are the same. */
export function same(name: string, actual: unknown, expected: unknown): Invariant {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  return is === should ? { name, ok: true } : { name, ok: false, detail: `${is}, not ${should}` };
}

export function join(outcomes: readonly Outcome[]): Outcome {
  return {
    figures: outcomes.flatMap(({ figures }) => figures),
    invariants: outcomes.flatMap(({ invariants }) => invariants),
    charts: outcomes.flatMap(({ charts = [] }) => charts),
  };
}
