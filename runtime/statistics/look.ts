import type { AgentId } from '../../core/agent-id.ts';
import type { Agent } from '../agent.ts';
import type { Services } from '../services.ts';
import type { AgentInfo, AgentStatus } from './agent-info.ts';
import { ask, describe, inspectAwake, inspectInbox } from './inspection.ts';

/** What is looked at: the agents that are awake, and what is known of all. */
export interface Looked {
  readonly agents: ReadonlyMap<string, Agent>;
  readonly services: Pick<Services, 'settings' | 'store' | 'helpers' | 'quarantines'>;
}

/** Where an agent stands. */
export function statusOf(agentId: string, { agents, services }: Looked): AgentStatus {
  return agents.get(agentId)?.state ?? (services.quarantines.get(agentId) ? 'quarantined' : 'dormant');
}

/** Looks at an agent without waking it; undefined where there is nothing of it. */
export async function lookAt(
  id: AgentId,
  { agents, services }: Looked,
  options: { readonly state?: boolean },
): Promise<AgentInfo | undefined> {
  const { store, helpers, settings, quarantines } = services;
  const { clock, sweepIntervalMs } = settings;
  const [stored, pending] = await Promise.all([store.read(id.full), store.messages.pending(id.full)]);
  const state = options.state && stored && { state: await helpers.run('fold-state', stored) };
  const inbox = inspectInbox(pending, clock.now());
  const asked = await ask(agents.get(id.full));
  // From here on without an await: what is said of the agent belongs to one moment.
  const agent = agents.get(id.full);
  const quarantine = quarantines.get(id.full);
  const known = agent ?? stored ?? quarantine;
  if (known === undefined && inbox.waiting === 0 && inbox.alarms.length === 0) return undefined;
  const awake = agent && inspectAwake(agent, asked, clock.now());
  const status = statusOf(id.full, { agents, services });
  return { ...describe(id, { status, stored, quarantine, inbox, awake, sweepIntervalMs }), ...state };
}
