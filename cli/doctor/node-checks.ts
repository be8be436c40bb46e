import { FREE_ENDED_THREADS } from '../../core/page-return.ts';
import { THREAD_POOL } from '../launcher.ts';
import type { Check } from './check.ts';
import type { Facts } from './facts.ts';

const BEST_NODE = 26;

/** libuv's own bounds, and what it takes where the variable is not set. */
const POOL = { least: 1, most: 1_024, unset: 4 };

/** With fewer threads, a handful of slow calls of agents holds up the store. */
const FEW_THREADS = 16;

/** The major version of Node. */
export function major({ node }: Pick<Facts, 'node'>): number {
  return Number.parseInt(node, 10);
}

/** The command line refuses what is older than 24 before it comes to this. */
export function nodeVersion(facts: Facts): Check {
  const name = 'node';
  const { node } = facts;
  if (major(facts) >= BEST_NODE) return { name, status: 'ok', found: node };
  const found = `${node}: its threads take 10.8 MiB instead of 7.1, and start more slowly`;
  return { name, status: 'warn', found, remedy: 'npm install node@26' };
}

/** Whether V8 frees the memory of ended threads. The launcher sees to it; whoever starts Node himself has to. */
export function v8Flag(facts: Facts): Check {
  const name = 'v8 flag';
  if (major(facts) < BEST_NODE)
    return { name, status: 'ok', found: 'this Node has none; the pages of ended threads go back after some 10 s' };
  if (!facts.served.v8Flag) {
    const found = 'V8 is told to keep the pages of ended threads';
    return { name, status: 'warn', found, remedy: `node ${FREE_ENDED_THREADS} host.js` };
  }
  const found = `drowse serve and drowse run set it; a plain "node host.js" has to be started with it`;
  return { name, status: 'ok', found, remedy: `node ${FREE_ENDED_THREADS} host.js` };
}

export function allocator({ served }: Facts): Check {
  const name = 'allocator';
  const [obstacle] = served.missing.filter(({ by }) => by === 'allocator');
  if (obstacle) return { name, status: 'warn', found: obstacle.what, remedy: obstacle.remedy };
  const how = served.trim ? 'what it keeps is asked back through node:ffi' : 'it gives back what is freed';
  return { name, status: 'ok', found: `${served.allocator}: ${how}` };
}

/** The threads that all agents and the store share for files, DNS, cryptography and compression. */
export function threadPool({ threadPool: set }: Facts): Check {
  const name = 'thread pool';
  if (set === undefined) {
    const found = `${THREAD_POOL} threads under drowse serve and drowse run; a plain "node host.js" has ${POOL.unset}`;
    return { name, status: 'ok', found, remedy: `export UV_THREADPOOL_SIZE=${THREAD_POOL}` };
  }
  const size = poolSize(set);
  const found = `${size} threads, by UV_THREADPOOL_SIZE`;
  if (size >= FEW_THREADS) return { name, status: 'ok', found };
  const why = 'slow calls of a few agents hold up the store';
  return { name, status: 'warn', found: `${found}: ${why}`, remedy: `export UV_THREADPOOL_SIZE=${THREAD_POOL}` };
}

/** How many threads libuv makes of the variable. */
export function poolSize(set: string = THREAD_POOL): number {
  const asked = Number.parseInt(set, 10) || POOL.least;
  return Math.min(Math.max(asked, POOL.least), POOL.most);
}
