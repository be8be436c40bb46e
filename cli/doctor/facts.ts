import { totalmem } from 'node:os';
import { type MemoryLimit, memoryLimit } from '../../core/memory-limit.ts';
import { type PageReturn, pageFacts, pageReturnOf } from '../../core/page-return.ts';
import { readText } from '../../core/read-text.ts';
import { HOST_FLAGS } from '../launcher.ts';
import { type Clock, clock } from './clock.ts';
import { type Cores, cores } from './cores.ts';
import { type Place, placeOf } from './place.ts';
import { maxOpenFiles, type ThreadLimit, threadLimits } from './process-limits.ts';

/** What the checks judge: read in one go, from this process and its system. Undefined is what the system does not tell. */
export interface Facts {
  /** The version of Node, such as `26.10.0`. */
  readonly node: string;
  /** Of a host that `drowse serve` or `drowse run` starts from here. */
  readonly served: PageReturn;
  /** UV_THREADPOOL_SIZE in the environment. */
  readonly threadPool: string | undefined;
  readonly openFiles: number | undefined;
  readonly maxMaps: number | undefined;
  readonly threads: readonly ThreadLimit[];
  readonly memory: MemoryLimit;
  readonly place: Place;
  readonly clock: Clock;
  readonly cores: Cores;
}

/** Reads them, for a host whose agents are to be kept in that directory. */
export function readFacts(directory: string): Facts {
  const page = pageFacts();
  const place = placeOf(directory, readText('/proc/self/mountinfo') ?? '');
  const maps = readText('/proc/sys/vm/max_map_count');
  return {
    node: process.versions.node,
    served: pageReturnOf({ ...page, execArgv: [...HOST_FLAGS, ...page.execArgv] }),
    threadPool: process.env.UV_THREADPOOL_SIZE,
    openFiles: maxOpenFiles(),
    maxMaps: maps === undefined ? undefined : Number(maps),
    threads: threadLimits(readText),
    memory: memoryLimit(readText, totalmem()),
    place,
    clock: clock(place.writtenAt),
    cores: cores(readText),
  };
}
