/** Figures of the tools; counts since the supervisor was opened. */
export interface ToolStats {
  readonly threads: number;
  readonly running: number;
  /** Calls that wait for a thread. */
  readonly waiting: number;
  readonly calls: number;
  /** Calls that were rejected, other than by being cancelled. */
  readonly failed: number;
}
