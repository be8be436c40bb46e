import type { AgentStream } from '../core/agent-stream.ts';

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

// biome-ignore lint/suspicious/noExplicitAny: whatever it takes
type Callable = (...args: any[]) => unknown;

type ArgumentsOf<Tool extends Callable> =
  Parameters<Tool> extends [...infer Args, ToolContext] ? Args : Parameters<Tool>;

type AnswerOf<Returned> =
  Returned extends AsyncGenerator<infer Chunk, infer Reply> ? AgentStream<Chunk, Reply> : Promise<Awaited<Returned>>;

/** The tools of a module as agents call them: `const tools: ToolsOf<typeof import('./tools.ts')> = agent.tools`. */
export type ToolsOf<Module> = {
  readonly [Name in keyof Module as Module[Name] extends Callable ? Name : never]: Module[Name] extends Callable
    ? (...args: ArgumentsOf<Module[Name]>) => AnswerOf<ReturnType<Module[Name]>>
    : never;
};
