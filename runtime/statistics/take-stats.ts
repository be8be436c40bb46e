import type { Agent } from '../agent.ts';
import type { Hosting } from '../hosting.ts';
import type { HostMemory, SupervisorStats } from './supervisor-stats.ts';

/** Takes the figures of now. */
export function takeStats(agents: Iterable<Agent>, hosting: Hosting): SupervisorStats {
  const { store, isolates, counters, quarantines } = hosting;
  const states = { dormant: 0, starting: 0, active: 0, stopping: 0, backoff: 0 };
  let active = 0;
  let warming = 0;
  let waiting = 0;
  for (const agent of agents) {
    states[agent.state] += 1;
    waiting += agent.waiting;
    if (agent.incarnation?.isolate === undefined) continue;
    if (agent.incarnation.turns.exists) active += 1;
    else warming += 1;
  }
  const { zombies, threads, processes } = isolates;
  const { starting, stopping, backoff } = states;
  return {
    agents: { total: store.total, active, inactive: store.total - active, warming, quarantined: quarantines.size },
    workers: {
      starting,
      active: states.active,
      stopping,
      backoff,
      spares: hosting.spares.size,
      zombies: zombies.length,
      threads,
      processes,
    },
    zombies,
    ...(hosting.tools && { tools: hosting.tools.stats }),
    memory: memoryOf(hosting),
    turns: { committed: counters.committed, failed: counters.failed, cancelled: counters.cancelled },
    latency: counters.latency,
    crashes: counters.crashes,
    mailbox: { waiting, bytes: hosting.load.bytes },
  };
}

function memoryOf({ isolates, memory, pages }: Hosting): HostMemory {
  const { rss, heapUsed, external } = process.memoryUsage();
  let agents = 0;
  for (const { heldBytes } of isolates.all) agents += heldBytes;
  const { limitBytes: limit, targetBytes: target } = memory.limits;
  const { pressed, usedBytes: used } = memory;
  return { rss, heapUsed, external, agents, used, limit, target, pressed, obstacles: pages.missing };
}
