// Stays in memory as long as the host runs: it imports next to nothing.
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { type Death, deathsInARow, isStartedAgain, restartDelay } from './restart-policy.ts';

// Has to stand on the command line. Without it, Node 26 keeps the pages of ended threads in a pool instead of freeing them.
const FREE_ENDED_THREADS = '--no-memory-pool-share-memory-on-teardown';

/** Threads for the file system and DNS, shared by all agents; Node's 4 would let one slow disk access delay the next. */
const THREAD_POOL = '64';

/** What a host sends its launcher once it is ready for work. */
export interface Ready {
  readonly ready: true;
  /** What the next start is given beside the arguments of the first, such as the port. */
  readonly again: readonly string[];
}

export interface LaunchOptions {
  /** Node's own arguments beside those that every host has. */
  readonly flags?: readonly string[];
  /** A script that does not say when it is ready counts as ready after so many milliseconds. */
  readonly readyAfterMs?: number;
}

/**
 * Runs a script in a child that has what a host needs of its Node. One that dies once it was ready is started again, and stderr
 * says why; else this process ends as it ended. The first SIGINT or SIGTERM is passed on, the second kills. Where the
 * launcher dies first, the child sees its channel close and shuts down.
 */
export function launch(scriptWithArgs: readonly string[], options: LaunchOptions = {}): void {
  const launcher = new Launcher(scriptWithArgs, options);
  const stop = (signal: NodeJS.Signals) => launcher.stop(signal);
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  stopWithNpm(stop);
  launcher.start();
}

class Launcher {
  readonly #script: readonly string[];
  readonly #flags: readonly string[];
  readonly #readyAfterMs: number | undefined;
  #again: readonly string[] = [];
  #child: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #wasReady = false;
  #deaths = 0;
  #asked = false;

  constructor(script: readonly string[], { flags = [], readyAfterMs }: LaunchOptions) {
    const own = Number.parseInt(process.versions.node, 10) >= 26 ? [FREE_ENDED_THREADS] : [];
    this.#script = script;
    this.#flags = [...own, ...process.execArgv, ...flags];
    this.#readyAfterMs = readyAfterMs;
  }

  start(): void {
    const startedAt = performance.now();
    const ranMs = () => performance.now() - startedAt;
    this.#restart = undefined;
    const child = spawn(process.execPath, [...this.#flags, ...this.#script, ...this.#again], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? THREAD_POOL },
    });
    this.#child = child;
    child.on('message', ({ ready, again }: Partial<Ready>) => {
      if (ready !== true) return;
      this.#wasReady = true;
      this.#again = again ?? [];
    });
    child.on('error', (error) => {
      say(`the host could not be started: ${error.message}`);
      process.exitCode = 1;
    });
    child.on('exit', (code, signal) => {
      this.#wasReady ||= this.#readyAfterMs !== undefined && ranMs() >= this.#readyAfterMs;
      this.#died({ code: code ?? undefined, ranMs: ranMs(), wasReady: this.#wasReady, asked: this.#asked }, signal);
    });
  }

  /** Asks the host to stop; the second time, ends it. */
  stop(signal: NodeJS.Signals): void {
    if (this.#restart) {
      clearTimeout(this.#restart);
      end(0);
    }
    this.#child?.kill(this.#asked ? 'SIGKILL' : signal);
    this.#asked = true;
  }

  #died(death: Death, signal: NodeJS.Signals | null): void {
    this.#child = undefined;
    if (!isStartedAgain(death)) return end(death.code ?? 128 + constants.signals[signal as NodeJS.Signals]);
    this.#deaths = deathsInARow(this.#deaths, death);
    const delay = restartDelay(this.#deaths);
    const how = signal === null ? `ended with status ${death.code}` : `was ended by ${signal}`;
    say(`the host ${how} after ${(death.ranMs / 1_000).toFixed(1)} s; it is started again in ${delay} ms`);
    this.#restart = setTimeout(() => this.start(), delay);
  }
}

function say(text: string): void {
  process.stderr.write(`drowse: ${text}\n`);
}

/** Lets the process end, which waits for nothing else. */
function end(status: number): void {
  process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM');
  process.exitCode = status;
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
