// The first code in an agent's thread. It takes the ports that the supervisor believes out of the agent's reach, then
// waits for orders; the agent's own module is loaded by the first of them.
import { type MessagePort, workerData } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { Host } from './host.ts';
import type { Boot, Control, Down, Up } from './protocol.ts';
import { Pulse } from './pulse.ts';

const { turns, control, pulse: cells, heartbeatIntervalMs } = workerData as Boot;
for (const key of Object.keys(workerData)) delete workerData[key];
conceal([turns, control]);

const pulse = new Pulse(cells);
pulse.beat();
setInterval(() => pulse.beat(), heartbeatIntervalMs).unref();

const exit = process.exit.bind(process, 0);
const soon = setImmediate.bind(globalThis);
const host = new Host(
  (frame: Up) => turns.postMessage(frame),
  pulse,
  () => soon(exit),
);
turns.on('message', (frames: readonly Down[]) => {
  for (const frame of frames) host.take(frame);
});
// Only what is named here can be called through the port.
const calls: Control = {
  hydrate: (orders) => host.hydrate(orders),
  passivate: (last) => host.passivate(last),
  leave: () => host.leave(),
};
expose(calls, nodeEndpoint(control));

/**
 * Node hands a thread's ports out in two more ways: its list of active handles, and methods looked up on the ports'
 * prototypes, which the agent may replace by ones that keep `this`. Neither leads to these ports. A thread is no
 * sandbox all the same: this keeps accidents and plain forgeries out, an attacker belongs in a process of its own.
 */
function conceal(ports: MessagePort[]): void {
  for (const port of ports) {
    for (const name of ['postMessage', 'dispatchEvent', 'on', 'off', 'start', 'close'] as const) {
      Object.defineProperty(port, name, { value: port[name].bind(port) });
    }
  }
  const listed = process as unknown as { _getActiveHandles(): unknown[] };
  const handles = listed._getActiveHandles.bind(process);
  listed._getActiveHandles = () => handles().filter((handle) => !ports.includes(handle as MessagePort));
}
