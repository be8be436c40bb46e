import { AgentCrowd } from './agent-crowd.ts';
import { agents, completion, echoInTypeScript } from './agents.ts';
import type { Crowd } from './crowd.ts';
import { mustAllowDescriptors } from './descriptors.ts';
import type { Context } from './scenario.ts';
import { BareCrowd } from './yardsticks/bare-crowd.ts';

/**
 * Echo agents of a module in JavaScript, the same that wake in spares, those of one in TypeScript that Node strips, agents that import
 * an SDK or have it as a tool, or bare workers.
 */
export type CrowdKind = keyof typeof MODULES | 'bare';

const MODULES = {
  js: agents.echo,
  spare: agents.echo,
  ts: echoInTypeScript,
  imports: agents.importing,
  tools: agents.calling,
};

/** What a process is told that is to hold a crowd. */
export interface CrowdParams {
  readonly context: Context;
  readonly kind: CrowdKind;
  readonly count: number;
}

/** Pipes, wakers and epolls: what Node opens for a worker, and some to spare. */
const DESCRIPTORS_EACH = 5;

/** A crowd, all of it asleep. Throws where this process may not open as many files as it needs awake. */
export async function openCrowd({ context, kind, count }: CrowdParams): Promise<Crowd> {
  mustAllowDescriptors(count * DESCRIPTORS_EACH, `${count} threads`);
  if (kind === 'bare') return new BareCrowd(count);
  const tools = kind === 'tools' ? completion : undefined;
  const spares = kind === 'spare' ? 1 : 0;
  return await AgentCrowd.open({ directory: context.directory, module: MODULES[kind], tools, count, spares });
}
