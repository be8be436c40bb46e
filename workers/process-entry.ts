// The first code in an agent's process: as thread-entry.ts, with pipes in the place of ports and of shared memory.
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
import { type ChannelDown, type ChannelUp, DOWN_PIPE, PULSE_PIPE, UP_PIPE } from './protocol.ts';

const [, , , parent, heartbeatIntervalMs] = process.argv;
process.argv.length = 2;
const end = () => process.kill(process.pid, 'SIGKILL');
dieWithParent(Number(parent), end);

const pulse = new PipedPulse(PULSE_PIPE);
pulse.beat();
setInterval(() => pulse.beat(), Number(heartbeatIntervalMs)).unref();

const exit = process.exit.bind(process, 0);
const soon = setImmediate.bind(globalThis);
const down = new Socket({ fd: DOWN_PIPE, readable: true, writable: false });
const up = new Socket({ fd: UP_PIPE, readable: false, writable: true });
// Node has read it, and it is none of what the agent is to see.
delete process.env.NODE_COMPILE_CACHE;
conceal([down, up]);
for (const pipe of [down, up]) pipe.on('close', end);
const channel = new Channel<ChannelUp, ChannelDown>(down, up, {
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
