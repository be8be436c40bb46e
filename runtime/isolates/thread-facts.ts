import { setTimeout as wait } from 'node:timers/promises';
import type { ResourceLimits, Worker } from 'node:worker_threads';
import { within } from '../../core/within.ts';
import type { Memory } from './carrier.ts';
import { hottestCalls } from './hung.ts';

/** How long a thread may take to say what it takes. */
const ANSWER_MS = 1_000;

/** For how long a thread that hangs is profiled, and how long it may take to begin and to end that. */
const PROFILE_MS = 30;
const PROFILE_ANSWER_MS = 500;

/**
 * The limits V8 enforces itself. Reaching that of the heap can end the whole process, depending on the shape of the
 * allocation, so it stands far above what a thread may hold; that any is set makes a worker about 2 MB smaller. The
 * stack is smaller than the main thread's, which could otherwise not decode what an agent nests.
 */
export function hardLimits(maxHeapBytes: number): ResourceLimits {
  return { maxOldGenerationSizeMb: Math.max(1_024, Math.ceil((4 * maxHeapBytes) / 2 ** 20)), stackSizeMb: 0.75 };
}

/** For how long a thread has run code, in milliseconds. */
export function ranMs(worker: Worker): number {
  return worker.performance.eventLoopUtilization().active;
}

/** Taken by an interrupt: it is answered even in an endless loop. Undefined where there is no answer. */
export async function memoryOf(worker: Worker): Promise<Memory | undefined> {
  const heap = worker.getHeapStatistics().catch(() => undefined);
  const statistics = await within(ANSWER_MS, heap);
  if (statistics === undefined) return undefined;
  const { used_heap_size: used, external_memory: external, total_physical_size: physical } = statistics;
  return { used, external, physical };
}

/** Processor time that a thread has taken, in milliseconds; undefined where there is no answer. */
export async function cpuMsOf(worker: Worker): Promise<number | undefined> {
  if (typeof worker.cpuUsage !== 'function') return undefined;
  const usage = await within(ANSWER_MS, worker.cpuUsage()).catch(() => undefined);
  return usage && (usage.user + usage.system) / 1_000;
}

/** In words, where the code of a thread is just now, as far as that can be had. */
export async function whereaboutsOf(worker: Worker): Promise<string> {
  const calls = await within(PROFILE_ANSWER_MS, callsOf(worker)).catch(() => undefined);
  return calls && calls.length > 0 ? `at ${calls.join(' < ')}` : 'in a call that cannot be interrupted';
}

/** The innermost first, found by an interrupt; none where Node has none for it. */
async function callsOf(worker: Worker): Promise<string[]> {
  if (typeof worker.startCpuProfile !== 'function') return [];
  const profile = await worker.startCpuProfile();
  await wait(PROFILE_MS);
  return hottestCalls(JSON.parse(await profile.stop()));
}
