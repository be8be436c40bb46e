/** What a tool is given after its arguments. */
export interface ToolContext {
  /**
   * Aborted when nobody waits for the call any more: its turn was cancelled, or has left the stream. Hand it on to whatever the tool
   * waits for. A tool that is declared CPU-bound and goes on for longer than `abortGraceMs` loses its thread.
   */
  readonly signal: AbortSignal;
  /** The full id of the agent that calls. */
  readonly agentId: string;
}
