import { type Logger as Pino, pino } from 'pino';
import { Supervisor, type SupervisorOptions } from '../runtime/index.ts';
import { isLoopback } from '../server/guard.ts';
import { type Serving, serve } from '../server/serve.ts';
import { Failure } from './failure.ts';
import { type HostFlags, hostOptions } from './host-options.ts';
import type { Ready, Stopped } from './launcher.ts';
import { print } from './output.ts';
import { stopRequest } from './stop-request.ts';

/** Names the port that an earlier host of the same launcher listened on. */
const PORT = 'DROWSE_PORT_AGAIN';

/** How long an answer may take to leave once the supervisor is closed. */
const CUT_OFF_MS = 1_000;

/** Messages that the examples understand; any other agent is greeted with an empty one. */
const SAMPLES: Readonly<Record<string, string>> = { chat: '{"say":"hello"}', counter: '{"add":1}' };

/**
 * Hosts agents in this process until it is asked to stop, then lets requests and turns in flight finish and ends the
 * process with status 0. Throws a {@link Failure} where the host cannot start.
 */
export async function runHost(flags: HostFlags): Promise<void> {
  const asked = stopRequest();
  const log = openLog();
  const options = { log, ...(await hostOptions(flags)) };
  const supervisor = await Supervisor.open(options).catch((error: Error) => {
    throw new Failure(error.message, { cause: error });
  });
  const serving = await listen(supervisor, flags, options);
  if (!isLoopback(flags.host))
    log.warn(`listening on ${flags.host}: there is no authentication, whoever reaches it can use it`);
  supervisor.once('storeStalled', ({ forMs }) => {
    log.fatal(`a write to the store has not returned for ${forMs} ms: the host ends, for nothing can commit`);
    // An exit in good order would wait for the calls that hold the write up.
    process.kill(process.pid, 'SIGKILL');
  });
  // Before anybody else knows of it: whoever kills it from then on meets the next one on this port.
  process.send?.({ ready: true, again: { [PORT]: new URL(serving.url).port } } satisfies Ready);
  greet(serving.url, options);
  const reason = await asked;
  log.info(`stopping on ${reason}`);
  await stop(supervisor, serving, flags.drain);
  log.info('stopped');
  exit();
}

/** Ends this process, though a thread may be in a loop that V8 cannot interrupt, for which an exit would wait for ever. */
function exit(): void {
  if (process.send === undefined) process.exit(0);
  // The launcher ends what is left. Without it nobody does, and nobody reads the status.
  if (!process.connected) process.kill(process.pid, 'SIGKILL');
  process.send({ stopped: true } satisfies Stopped, () => process.exit(0));
}

function openLog(): Pino {
  const level = process.env.DROWSE_LOG || 'info';
  try {
    // Synchronous, so that the last lines before an end are not lost.
    return pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
  } catch {
    throw new Failure(`DROWSE_LOG is "${level}", which is no level: there are debug, info, warn, error and silent.`);
  }
}

async function listen(supervisor: Supervisor, flags: HostFlags, options: SupervisorOptions): Promise<Serving> {
  const { host } = flags;
  const port = Number(process.env[PORT] ?? flags.port);
  // It is not for hosts that this process starts.
  delete process.env[PORT];
  const { maxMessageMb, log } = options;
  try {
    return await serve({ supervisor, host, port, ...(maxMessageMb && { maxMessageMb }), ...(log && { log }) });
  } catch (error) {
    await supervisor.close();
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new Failure(`Port ${port} of ${host} is taken: choose another with --port, or 0 for any.`);
    throw new Failure(`Listening on port ${port} of ${host} failed: ${message}`, { cause: error });
  }
}

/** In one write: who reads the address from a pipe has the rest of it too. */
function greet(url: string, { agents, directory }: SupervisorOptions): void {
  const calls = Object.keys(agents).map((type) => {
    // What encodeURIComponent leaves as it is and a shell does not.
    const path = encodeURIComponent(type).replace(/[!'()*~]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
    const message = SAMPLES[type] ?? '{}';
    return `  curl -s ${url}/agents/${path}/demo -H 'content-type: application/json' -d '${message}'`;
  });
  const kept = directory === undefined ? [] : [`Agents are kept in ${directory}`];
  print([`drowse listens on ${url}`, ...kept, 'Try:', ...calls].join('\n'));
}

async function stop(supervisor: Supervisor, serving: Serving, drainMs: number): Promise<void> {
  const deadline = performance.now() + drainMs;
  // The supervisor takes messages until the last request is answered; where that takes too long, its rejections answer.
  const served = serving.close({ drainMs: 2 * drainMs + CUT_OFF_MS });
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, drainMs);
  await Promise.race([served, late]);
  clearTimeout(timer);
  await supervisor.close({ drainMs: Math.max(0, deadline - performance.now()) });
  await serving.close({ drainMs: CUT_OFF_MS });
}
