import type { Test } from 'tap';
import { systemClock } from '../../../core/clock.ts';
import { decode, pack } from '../../../core/codec.ts';
import { Timers } from '../../../core/timers.ts';
import type { SupervisorOptions, ToolsOptions } from '../../../runtime/index.ts';
import { HangGuard } from '../../../runtime/isolates/hang-guard.ts';
import { HeapGuard } from '../../../runtime/isolates/heap-guard.ts';
import { resolveSettings } from '../../../runtime/settings.ts';
import type { ToolCallOptions } from '../../../runtime/tools/tool-call.ts';
import { ToolPool } from '../../../runtime/tools/tool-pool.ts';
import { resolveTools } from '../../../runtime/tools/tool-settings.ts';
import { fixture } from '../../host.ts';

/** What a test calls tools by: with values, and not their bytes. */
export interface Tools {
  readonly pool: ToolPool;
  readonly call: (name: string, ...args: unknown[]) => Promise<unknown>;
  /** Until it is aborted. */
  readonly callFor: (signal: AbortSignal, name: string, ...args: unknown[]) => Promise<unknown>;
  /** Its chunks go to `onChunk`. */
  readonly stream: (
    name: string,
    args: readonly unknown[],
    onChunk: (chunk: unknown) => void,
    signal?: AbortSignal,
  ) => { reply: Promise<unknown>; read: (count: number) => void };
}

/** What a pool is opened with. */
export function toolServices(tools: Partial<ToolsOptions> = {}, options: Partial<SupervisorOptions> = {}) {
  const settings = resolveSettings({ directory: 'none', agents: { none: 'none' }, ...options });
  const timers = new Timers(systemClock);
  return {
    tools: resolveTools({ module: fixture('tools'), ...tools }),
    settings,
    timers,
    heaps: new HeapGuard(timers, systemClock),
    hangs: new HangGuard(timers, systemClock, settings),
  };
}

/** A pool of its own; closed when the test ends. */
export async function openTools(
  t: Test,
  tools: Partial<ToolsOptions> = {},
  options: Partial<SupervisorOptions> = {},
): Promise<Tools> {
  const services = toolServices(tools, options);
  const pool = await ToolPool.open(services);
  t.teardown(async () => {
    await pool.close();
    services.timers.clear();
  });
  const begin = (name: string, args: readonly unknown[], more: Partial<ToolCallOptions>) => {
    const signal = new AbortController().signal;
    const call = pool.call(name, pack(args, 'arguments'), { agentId: 'test/a', signal, ...more });
    const reply = call.reply.then(decode);
    reply.catch(() => {});
    return { reply, read: (count: number) => call.read(count) };
  };
  return {
    pool,
    call: (name, ...args) => begin(name, args, {}).reply,
    callFor: (signal, name, ...args) => begin(name, args, { signal }).reply,
    stream: (name, args, onChunk, signal) =>
      begin(name, args, { onChunk: (chunk) => onChunk(decode(chunk)), ...(signal && { signal }) }),
  };
}
