import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { message } from '../agents.ts';
import { inChild } from '../child.ts';
import { openHost } from './hosts.ts';

interface Params {
  readonly name: string;
  readonly directory: string;
  readonly agents: number;
  readonly history: number;
}

const SETTLE_MS = 1_000;

/**
 * What an agent in memory adds to the RSS of the process that holds it, in MiB: each of a crowd that joins another as large,
 * for which the heap, the caches and the buffers of the host have grown already. In a process of its own; Linux only.
 */
export function memoryOf(params: Params): Promise<number> {
  return inChild(import.meta.url, 'inThisProcess', params);
}

/** For {@link memoryOf}, which names it to a child process. @public */
export async function inThisProcess({ name, directory, agents, history }: Params): Promise<number> {
  await using scratch = await mkdtempDisposable(join(directory, 'drowse-bench-'));
  await using host = await openHost(name, scratch.path);
  const fill = async (agent: number) => {
    for (let n = 0; n < history; n += 1) await host.send(agent, { say: message.text });
  };
  const crowd = (first: number) => Promise.all(Array.from({ length: agents }, (_, n) => fill(first + n)));
  await crowd(0);
  const before = await rss(host.pid);
  await crowd(agents);
  return ((await rss(host.pid)) - before) / agents;
}

async function rss(pid: number): Promise<number> {
  globalThis.gc?.();
  await sleep(SETTLE_MS);
  globalThis.gc?.();
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024;
}
