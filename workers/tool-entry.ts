// What a thread of the tools' pools runs: Piscina calls the functions that are exported here.
import { types } from 'node:util';
import { receiveMessageOnPort, threadId, workerData } from 'node:worker_threads';
import { decode, type Packed, pack, sizeOf } from '../core/codec.ts';
import { DrowseError } from '../core/errors.ts';
import { fromFault, toFault } from '../core/fault.ts';
import { Chunks, isGenerator } from './chunks.ts';
import { isCpuBound } from './cpu-bound.ts';
import { Pulse } from './pulse.ts';
import type { ToolContext } from './tool-context.ts';
import type { Described, ToolBoot, ToolDown, ToolTask, ToolUp } from './tool-protocol.ts';

type Tool = (...args: unknown[]) => unknown;

/** Why what it yields would be lost: agents are told how a tool answers before they call it. */
const UNDECLARED =
  'returned an async generator, and is no `async function*` itself, so that its callers have one value of it. Declare it as one.';

const { module, maxMessageBytes, pulse: cells, heartbeatIntervalMs, startTimeoutMs } = workerData as ToolBoot;
for (const key of Object.keys(workerData)) delete workerData[key];
// Node has read it, and it is none of what the tools are to see.
delete process.env.NODE_COMPILE_CACHE;

if (cells) {
  const pulse = new Pulse(cells);
  pulse.beat();
  setInterval(() => pulse.beat(), heartbeatIntervalMs).unref();
}

/** Not before the first task: from then on the guards see the thread, and its output has a reader. */
let tools: Promise<Map<string, Tool>> | undefined;

export async function describe(): Promise<Described> {
  try {
    const described = Array.from(await load(), ([name, tool]) => {
      const streams = types.isAsyncFunction(tool) && types.isGeneratorFunction(tool);
      return { name, kind: streams ? ('stream' as const) : ('call' as const), cpuBound: isCpuBound(tool) };
    });
    return { ok: true, tools: described };
  } catch (error) {
    return { ok: false, fault: toFault(error) };
  }
}

/** Runs one call. Never rejects: what it comes to goes over the call's own port. */
export async function run({ tool, args, agentId, streams, port }: ToolTask): Promise<void> {
  const post = (frame: ToolUp) => port.postMessage(frame);
  const ending = new AbortController();
  const { signal } = ending;
  const chunks = new Chunks({
    post: (chunk) => post({ kind: 'chunk', chunk }),
    check: (chunk) => mustFit(tool, 'A chunk', chunk),
    isCancelled: () => signal.aborted,
  });
  const hear = (frame: ToolDown): void => {
    if (frame.kind === 'read') return chunks.read(frame.count);
    ending.abort(fromFault(frame.fault, agentId));
    chunks.stop();
  };
  port.on('message', hear);
  post({ kind: 'begun', threadId });
  const perform = async (): Promise<unknown> => {
    const called = await find(tool);
    // Cancelled while its thread was started, or held up.
    const early = receiveMessageOnPort(port);
    if (early) hear(early.message);
    signal.throwIfAborted();
    const returned = await call(called, decode(args) as unknown[], { signal, agentId });
    if (!isGenerator(returned)) return returned;
    if (!streams) throw new Error(`Tool ${tool} ${UNDECLARED}`);
    return chunks.drain(returned);
  };
  try {
    const work = perform();
    // A thread that calls share is not theirs to keep busy: of one that ignores its end, the rest is dropped.
    const value = await (cells ? Promise.race([work, aborted(signal)]) : work);
    const result = pack(value, 'result');
    mustFit(tool, 'The result', result);
    post({ kind: 'done', result });
  } catch (error) {
    post({ kind: 'failed', fault: toFault(error) });
  }
  port.close();
}

/** Never settles where the module, which could be loaded once, cannot any more: the thread ends with that. */
async function find(name: string): Promise<Tool> {
  const all = await load().catch(end);
  const tool = all.get(name);
  if (tool === undefined) throw new Error(`${module} does not export ${name} any more.`);
  return tool;
}

function load(): Promise<Map<string, Tool>> {
  if (tools) return tools;
  const late = setTimeout(() => {
    throw new Error(`loading ${module} took longer than startTimeoutMs (${startTimeoutMs} ms)`);
  }, startTimeoutMs);
  tools = import(module).then(
    (exported: object) =>
      new Map(Object.entries(exported).filter((entry): entry is [string, Tool] => typeof entry[1] === 'function')),
  );
  const settled = () => clearTimeout(late);
  tools.then(settled, settled);
  return tools;
}

/** Ends the thread: Node would give all later calls the same error, while another thread may do better. */
function end(error: unknown): Promise<never> {
  setImmediate(() => {
    throw error;
  });
  return new Promise(() => {});
}

function call(tool: Tool, args: unknown[], context: ToolContext): unknown {
  // What the caller leaves out is undefined: the context keeps its place.
  while (args.length < tool.length - 1) args.push(undefined);
  return tool(...args, context);
}

function mustFit(tool: string, what: string, packed: Packed): void {
  const size = sizeOf(packed);
  if (size <= maxMessageBytes) return;
  const text = `${what} of tool ${tool} has ${size} bytes; maxMessageMb allows ${maxMessageBytes}.`;
  throw new DrowseError('ERR_DROWSE_MESSAGE_TOO_LARGE', text);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
