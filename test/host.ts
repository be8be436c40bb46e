import type { Test } from 'tap';
import { Supervisor, type SupervisorOptions } from '../runtime/index.ts';

/** Where an agent of test/fixtures lies. */
export function fixture(name: string): URL {
  return new URL(`./fixtures/${name}.ts`, import.meta.url);
}

/** A supervisor in a folder of its own (or the one given), with probes for agents; closed when the test ends. */
export async function openHost(t: Test, options: Partial<SupervisorOptions> = {}): Promise<Supervisor> {
  const place = options.store || options.directory ? {} : { directory: `${t.testdir()}/data` };
  const host = await Supervisor.open({
    agents: { probe: fixture('probe') },
    durability: 'os',
    restarts: { backoffMs: [1, 10] },
    ...place,
    ...options,
  });
  t.teardown(() => host.close({ drainMs: 0 }));
  return host;
}
