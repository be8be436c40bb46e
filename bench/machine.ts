import { statfsSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

/** What a figure depends on beside the code. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryMb: number;
  readonly system: string;
  /** Under the stores: on one that lives in memory, an fsync costs nothing and says nothing. */
  readonly fileSystem: string;
  readonly node: string;
  readonly flags: readonly string[];
  /** How many threads wanted to run in the minute before the start, on average. */
  readonly load: number;
}

/** Magic numbers of statfs(2). */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  61267: 'ext4',
  16914836: 'tmpfs (in memory)',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  2035054128: 'overlayfs',
};

export function describeMachine(directory: string): Machine {
  const { type: magic } = statfsSync(directory);
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryMb: Math.round(totalmem() / 1024 ** 2),
    system: `${type()} ${release()} ${arch()}`,
    fileSystem: FILE_SYSTEMS[magic] ?? `0x${magic.toString(16)}`,
    node: process.version,
    flags: process.execArgv,
    load: Number((loadavg()[0] ?? 0).toFixed(2)),
  };
}

export function showMachine(machine: Machine): string {
  const { cores, cpu, memoryMb, system, fileSystem, node, flags, load } = machine;
  return [
    `${cores} cores, ${cpu}, ${memoryMb} MB, load ${load}`,
    `${system}, stores on ${fileSystem}`,
    `node ${node} ${flags.join(' ')}`,
  ].join('\n');
}
