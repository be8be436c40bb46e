// The first code in an agent's process: as thread-entry.ts, with a socket in the place of ports, and a pipe in that of shared
// memory.
import { Socket } from 'node:net';
import { expose } from 'comlink';
import { toFault } from '../core/fault.ts';
import { Channel } from './channel.ts';
import { ChannelEndpoint } from './channel-endpoint.ts';
import { conceal } from './conceal.ts';
import { controlOf } from './control.ts';
import { dieWithParent } from './die-with-parent.ts';
import { Host } from './host.ts';
import { PipedPulse } from './piped-pulse.ts';
import { CHANNEL, type ChannelDown, type ChannelUp, PULSE_PIPE } from './protocol.ts';

const [, , , parent, heartbeatIntervalMs] = process.argv;
process.argv.length = 2;
const end = () => process.kill(process.pid, 'SIGKILL');
dieWithParent(Number(parent), end);

const pulse = new PipedPulse(PULSE_PIPE);
pulse.beat();
setInterval(() => pulse.beat(), Number(heartbeatIntervalMs)).unref();

const exit = process.exit.bind(process, 0);
const soon = setImmediate.bind(globalThis);
const socket = new Socket({ fd: CHANNEL, readable: true, writable: true });
// Node has read it, and it is none of what the agent is to see.
delete process.env.NODE_COMPILE_CACHE;
conceal([socket]);
socket.on('close', end);
const channel = new Channel<ChannelUp, ChannelDown>(socket, {
  maxBytes: Number.POSITIVE_INFINITY,
  onMessage({ turns, control: data }) {
    if (turns === undefined) control.hear(data);
    else for (const frame of turns) host.take(frame);
  },
  onGarbage: end,
});
const host = new Host((turn) => channel.send({ turn }), pulse);
const control = new ChannelEndpoint((data) => channel.send({ control: data }));
process.on('uncaughtExceptionMonitor', (error) => channel.send({ died: toFault(error) }));
expose(
  controlOf(host, () => soon(exit)),
  control,
);
