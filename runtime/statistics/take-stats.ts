import type { Agent } from '../agent.ts';
import type { Hosting } from '../hosting.ts';
import type { SupervisorStats } from './supervisor-stats.ts';

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
    if (agent.incarnation.sequence > 0) active += 1;
    else warming += 1;
  }
  const { zombies, threads, processes } = isolates;
  const { rss, heapUsed, external } = process.memoryUsage();
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
    memory: { rss, heapUsed, external },
    turns: { committed: counters.committed, failed: counters.failed, cancelled: counters.cancelled },
    latency: counters.latency,
    crashes: counters.crashes,
    mailbox: { waiting, bytes: hosting.load.bytes },
  };
}
