import { type Check, count, type Status, size } from './check.ts';
import { costsOf, HOST, PROCESS_AGENT } from './costs.ts';
import type { Facts } from './facts.ts';
import { major, poolSize } from './node-checks.ts';

/** Fewer awake agents than this, and a small load meets the limit. */
const FEW = 50;

/** With fewer than this a host is of no use. */
const TOO_FEW = 10;

/** How many agents may be awake by one of the things they take. */
function room(limit: number, host: number, each: number): number {
  return Math.max(0, Math.floor((limit - host) / each));
}

export function memory(facts: Facts): Check {
  const { bytes, source } = facts.memory;
  const agents = memoryRoom(facts);
  const inProcesses = room(bytes, HOST.bytes, PROCESS_AGENT.bytes);
  const many = `${count(agents)} small agents awake in threads, or ${count(inProcesses)} in processes`;
  const found = `${size(bytes)} of the ${source}: ${many}`;
  if (agents >= FEW) return { name: 'memory', status: 'ok', found, agents };
  const remedy = source === 'container' ? 'docker run --memory 1g' : 'a machine with more memory';
  return { name: 'memory', status: agents < TOO_FEW ? 'bad' : 'warn', found, agents, remedy };
}

/** Agents that meet it cannot start. */
export function descriptors(facts: Facts): Check {
  const { openFiles: limit } = facts;
  if (limit === undefined) return unknown('descriptors');
  const agents = room(limit, HOST.descriptors, costs(facts).descriptors);
  const remedy = 'ulimit -n 65536 as root, LimitNOFILE=65536 in the systemd unit, or docker run --ulimit nofile=65536';
  return judge(facts, { name: 'descriptors', found: `ulimit -n is ${plain(limit)}`, agents, remedy });
}

/** A host that meets it dies with all its agents ("Fatal JavaScript out of memory: MemoryChunk allocation failed"). */
export function maps(facts: Facts): Check {
  const { maxMaps: limit } = facts;
  if (limit === undefined) return unknown('memory maps');
  const agents = room(limit, HOST.maps, costs(facts).maps);
  const remedy = 'sudo sysctl -w vm.max_map_count=1048576';
  return judge(facts, { name: 'memory maps', found: `vm.max_map_count is ${plain(limit)}`, agents, remedy });
}

/** Agents that meet it cannot start. */
export function threads(facts: Facts): Check {
  const [tightest] = facts.threads.toSorted((a, b) => a.left - b.left);
  if (tightest === undefined) return unknown('threads');
  const { by, left, remedy } = tightest;
  const agents = room(left, HOST.threads + poolSize(facts.threadPool), costs(facts).threads);
  const inProcesses = room(left, HOST.threads, PROCESS_AGENT.threads);
  const found = `${by} leaves ${plain(left)}; ${count(inProcesses)} agents awake in processes`;
  return judge(facts, { name: 'threads', found, agents, remedy });
}

/** A limit that a line raises should not be met before the memory is. */
function judge(facts: Facts, { name, found, agents, remedy }: Omit<Check, 'status'> & { agents: number }): Check {
  if (agents === Number.POSITIVE_INFINITY) return { name, status: 'ok', found };
  const status: Status = agents < FEW ? 'bad' : agents < memoryRoom(facts) ? 'warn' : 'ok';
  const text = `${found}; ${count(agents)} agents awake in threads`;
  return { name, status, found: text, agents, ...(status !== 'ok' && remedy && { remedy }) };
}

function memoryRoom(facts: Facts): number {
  return room(facts.memory.bytes, HOST.bytes, costs(facts).bytes);
}

function costs(facts: Facts) {
  return costsOf(major(facts));
}

function unknown(name: string): Check {
  return { name, status: 'ok', found: 'this system does not tell of a limit' };
}

function plain(limit: number): string {
  return limit === Number.POSITIVE_INFINITY ? 'unlimited' : String(limit);
}
