// The first code in an agent's process: as thread-entry.ts, with the channel between processes in the place of ports, and a pipe
// in that of shared memory.
import { expose } from 'comlink';
import { toFault } from '../core/fault.ts';
import { ChannelEndpoint } from './channel-endpoint.ts';
import { dieWithParent } from './die-with-parent.ts';
import { Host } from './host.ts';
import { PipedPulse } from './piped-pulse.ts';
import { type ChannelDown, type ChannelUp, type Control, PULSE_PIPE } from './protocol.ts';

const [, , , parent, heartbeatIntervalMs] = process.argv;
process.argv.length = 2;
dieWithParent(Number(parent));

const channelSend = process.send?.bind(process) as (said: ChannelUp) => void;
// The agent has no parent to talk to.
for (const name of ['send', 'disconnect']) Object.defineProperty(process, name, { value: undefined });

const pulse = new PipedPulse(PULSE_PIPE);
pulse.beat();
setInterval(() => pulse.beat(), Number(heartbeatIntervalMs)).unref();

const exit = process.exit.bind(process, 0);
const soon = setImmediate.bind(globalThis);
const host = new Host(
  (turn) => channelSend({ turn }),
  pulse,
  () => soon(exit),
);
const control = new ChannelEndpoint((data) => channelSend({ control: data }));
process.on('message', ({ turns, control: data }: ChannelDown) => {
  if (turns === undefined) control.hear(data);
  else for (const frame of turns) host.take(frame);
});
process.on('uncaughtExceptionMonitor', (error) => channelSend({ died: toFault(error) }));
// Only what is named here can be called through the channel.
const calls: Control = {
  hydrate: (orders) => host.hydrate(orders),
  passivate: (last) => host.passivate(last),
  leave: () => host.leave(),
};
expose(calls, control);
