import { availableParallelism } from 'node:os';
import { environment, moduleUrl } from '../module-options.ts';
import type { ToolsOptions } from '../options.ts';
import { checkMaxHeap, invalid, mustBeInRange, mustBeKnown } from '../settings.ts';

const NAMES = ['module', 'env', 'cpuThreads', 'maxQueue', 'maxHeapMb'];

/** {@link ToolsOptions} with every default filled in, and checked. */
export interface ToolSettings {
  /** URL of the module. */
  readonly module: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cpuThreads: number;
  readonly maxQueue: number;
  readonly maxHeapBytes: number;
}

/** Throws `ERR_DROWSE_INVALID_OPTIONS` naming the first option that is unknown or out of range. */
export function resolveTools(given: URL | string | ToolsOptions): ToolSettings {
  const options: ToolsOptions = typeof given === 'string' || given instanceof URL ? { module: given } : given;
  if (typeof options !== 'object' || options === null)
    throw invalid("tools must be a module's path or URL, or options");
  if (!('module' in options))
    throw invalid('tools must name a module: threads of their own load it, and call the functions that it exports');
  mustBeKnown(options, NAMES, 'tools.');
  const { cpuThreads = Math.max(1, availableParallelism() - 1), maxQueue = 1_000, maxHeapMb = 512 } = options;
  return {
    module: moduleUrl('tools.module', options.module),
    env: environment('tools.env', options.env),
    cpuThreads: mustBeInRange('tools.cpuThreads', cpuThreads, { min: 1, max: 1_000, whole: true }),
    maxQueue: mustBeInRange('tools.maxQueue', maxQueue, { min: 0, max: 1_000_000, whole: true }),
    maxHeapBytes: checkMaxHeap('tools.maxHeapMb', maxHeapMb),
  };
}
