// Stays in memory as long as the host runs: it imports next to nothing.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

// Has to stand on the command line. Without it, Node 26 keeps the pages of ended threads in a pool instead of freeing them.
const FREE_ENDED_THREADS = '--no-memory-pool-share-memory-on-teardown';

/** Threads for the file system and DNS, shared by all agents; Node's 4 would let one slow disk access delay the next. */
const THREAD_POOL = '64';

/**
 * Runs a script in a child that has what a host needs of its Node, and ends as it ends. The first SIGINT or SIGTERM is passed
 * on, the second kills. Where the launcher dies first, the child sees its channel close and shuts down.
 */
export function launch(scriptWithArgs: readonly string[]): void {
  const flags = Number.parseInt(process.versions.node, 10) >= 26 ? [FREE_ENDED_THREADS] : [];
  const child = spawn(process.execPath, [...flags, ...process.execArgv, ...scriptWithArgs], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? THREAD_POOL },
  });
  let asked = false;
  const stop = (signal: NodeJS.Signals) => {
    child.kill(asked ? 'SIGKILL' : signal);
    asked = true;
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  stopWithNpm(stop);
  child.on('error', (error) => {
    process.stderr.write(`drowse: the host could not be started: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    process.exitCode = code ?? 128 + constants.signals[signal as NodeJS.Signals];
  });
}

/** npm runs scripts in a shell, which dies of the signals that npm passes to it and passes none on: its end is the signal. */
function stopWithNpm(stop: (signal: NodeJS.Signals) => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    stop('SIGTERM');
  }, 200);
  watch.unref();
}
