import type { Test } from 'tap';
import { systemClock } from '../core/clock.ts';
import { Supervisor, type SupervisorOptions } from '../runtime/index.ts';
import { TestDisk } from '../testing/test-disk.ts';
import { testFolder } from './test-folder.ts';

/** Where an agent of test/fixtures lies. */
export function fixture(name: string): URL {
  return new URL(`./fixtures/${name}.ts`, import.meta.url);
}

/** With ISOLATION=process in the environment, every agent has a process of its own; with SPARES=n, it wakes in a worker made before. */
const { ISOLATION: isolation = 'thread', SPARES: spares = '0' } = process.env as {
  ISOLATION?: 'thread' | 'process';
  SPARES?: string;
};

type Agents = SupervisorOptions['agents'];

function isolated(agents: Agents): Agents {
  const types = Object.entries(agents).map(([name, type]) => {
    const options = typeof type === 'string' || type instanceof URL ? { module: type } : type;
    return [name, { isolation, ...options }];
  });
  return Object.fromEntries(types);
}

/** A supervisor in a folder of its own (or the one given), with probes for agents; closed when the test ends. */
export async function openHost(t: Test, options: Partial<SupervisorOptions> = {}): Promise<Supervisor> {
  const place = options.store || options.directory ? {} : { directory: `${testFolder(t)}/data` };
  const { agents = { probe: fixture('probe') } } = options;
  const host = await Supervisor.open({
    durability: 'os',
    restarts: { backoffMs: [1, 10] },
    spares: Number(spares),
    ...place,
    ...options,
    agents: isolated(agents),
  });
  t.teardown(() => host.close({ drainMs: 0 }));
  return host;
}

/** One over a disk whose writes wait, from now on. */
export async function openHeld(
  t: Test,
  options: Partial<SupervisorOptions> = {},
): Promise<{ host: Supervisor; disk: TestDisk }> {
  const disk = new TestDisk(systemClock);
  const host = await openHost(t, { store: await disk.open(), ...options });
  disk.hold();
  t.teardown(() => disk.release());
  return { host, disk };
}

/** How many threads and processes there are of agents; spares that are ready are none of any agent's. */
export function agentWorkers(host: Supervisor): number {
  const { threads, processes, spares } = host.stats().workers;
  return threads + processes - spares;
}
