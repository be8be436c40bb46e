/** `bad`: a host would fail, or soon does. `warn`: it works, and less well or for fewer agents than the machine could bear. */
export type Status = 'ok' | 'warn' | 'bad';

/** What was found out about one thing that a host needs of its machine. */
export interface Check {
  readonly name: string;
  readonly status: Status;
  /** In words. */
  readonly found: string;
  /** How many agents may be awake in threads; undefined where it says nothing of that. */
  readonly agents?: number;
  /** A line to paste, or else what to do. */
  readonly remedy?: string;
}

/** A number for people. */
export function count(value: number): string {
  return value === Number.POSITIVE_INFINITY ? 'any number of' : Math.floor(value).toLocaleString('en-US');
}

/** Bytes as GiB, below one as MiB. */
export function size(bytes: number): string {
  const gib = bytes / 2 ** 30;
  return gib >= 1 ? `${gib.toFixed(1)} GiB` : `${Math.floor(bytes / 2 ** 20)} MiB`;
}
