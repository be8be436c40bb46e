import { readFileSync } from 'node:fs';

/** Measured on Node 26 and 24: a small agent has 33 and 48 maps; a heap of 70 MiB 246. */
const MAPS_EACH = Number.parseInt(process.versions.node, 10) >= 26 ? 40 : 55;
/** The host's own, LevelDB's tables among them. */
const MAPS_OF_HOST = 1_300;

/** How many threads of small agents can have memory mapped in this process; all one may ask for where the system has no such limit. */
export function threadsMapped(): number {
  try {
    const maps = Number(readFileSync('/proc/sys/vm/max_map_count', 'utf8'));
    return Math.max(1, Math.floor((maps - MAPS_OF_HOST) / MAPS_EACH));
  } catch {
    return 1_000_000;
  }
}
