import { DrowseError } from '../core/errors.ts';
import type { Agent } from './agent.ts';
import type { Hosting } from './hosting.ts';

/**
 * Puts all agents to sleep, those too that wake meanwhile for what was behind their sleep. What is not finished after `drainMs` is
 * cancelled; what does not end then is ended.
 */
export async function retire(
  agents: ReadonlyMap<string, Agent>,
  drainMs: number,
  { timers, settings }: Pick<Hosting, 'timers' | 'settings'>,
): Promise<void> {
  const awake = [...agents.values()];
  const asleep = Promise.all(
    awake.map(async (agent) => {
      while (agents.has(agent.id.full)) await agent.passivate('closing');
    }),
  );
  const closed = new DrowseError('ERR_DROWSE_CLOSED', 'The supervisor was closed before this message was processed.');
  await timers.during(drainMs, asleep, () => {
    for (const agent of awake) agent.cancelAll(closed);
    const late = timers.add(settings.abortGraceMs, () => {
      for (const agent of agents.values()) agent.abort(closed);
    });
    void asleep.finally(() => timers.cancel(late));
  });
}
