// The first code in an agent's thread. It takes the ports that the supervisor believes out of the agent's reach, then
// waits for orders; the agent's own module is loaded by the first of them.
import { workerData } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { conceal } from './conceal.ts';
import { controlOf } from './control.ts';
import { Host } from './host.ts';
import { loadDefinition } from './load-definition.ts';
import type { Boot, Up } from './protocol.ts';
import { Pulse } from './pulse.ts';
import { type DownWire, readDown, sendUp } from './wire.ts';

const { turns, control, pulse: cells, compiled, load } = workerData as Boot;
for (const key of Object.keys(workerData)) delete workerData[key];
// Node has read it, and it is none of what the agent is to see.
delete process.env.NODE_COMPILE_CACHE;
conceal([turns, control]);

const pulse = new Pulse(cells);
pulse.beat();

const exit = process.exit.bind(process, 0);
const soon = setImmediate.bind(globalThis);
const host = new Host(
  (frame: Up) => turns.postMessage(sendUp(frame)),
  pulse,
  (module) => loadDefinition(module, load),
);
turns.on('message', (frames: readonly DownWire[]) => {
  for (const frame of frames) host.take(readDown(frame));
});
expose(
  controlOf(host, () => soon(exit), compiled),
  nodeEndpoint(control),
);
