import type { Memory } from '../isolates/carrier.ts';

/** A thread or process that holds memory. */
export interface Holder {
  readonly kind: 'thread' | 'process';
  /** Of a process. */
  readonly pid: number | undefined;
  /** What it was last measured to hold, in bytes. */
  readonly heldBytes: number;
  /** What it holds. Undefined where there is no answer. */
  heap(): Promise<Memory | undefined>;
}
