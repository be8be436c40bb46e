import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inChild } from '../child.ts';
import { Caller } from './caller.ts';
import { openHost } from './hosts.ts';

interface Params {
  readonly name: string;
  readonly directory: string;
  readonly agents: number;
  readonly history: number;
}

/** Turns before the first look, so that code, caches and buffers of the host are there. */
const WARM_UP = 1_000;
const SETTLE_MS = 1_000;

/** What an agent in memory adds to the RSS of the process that holds it, in MiB. In a process of its own; Linux only. */
export function memoryOf(params: Params): Promise<number> {
  return inChild(import.meta.url, 'inThisProcess', params);
}

/** For {@link memoryOf}, which names it to a child process. @public */
export async function inThisProcess({ name, directory, agents, history }: Params): Promise<number> {
  await using scratch = await mkdtempDisposable(join(directory, 'drowse-bench-'));
  await using host = await openHost(name, scratch.path);
  const first = new Caller(host, 1, history);
  await first.fill();
  await first.perSecond(WARM_UP, 1);
  const before = await rss(host.pid);
  // The first is one of them already, and has its history.
  await Promise.all(
    Array.from({ length: agents }, async (_, n) => {
      for (let said = 0; said < history; said += 1) await host.send(n + 1, { say: 'x'.repeat(200) });
    }),
  );
  return ((await rss(host.pid)) - before) / agents;
}

async function rss(pid: number): Promise<number> {
  globalThis.gc?.();
  await sleep(SETTLE_MS);
  globalThis.gc?.();
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024;
}
