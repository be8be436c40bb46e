// Stays in memory as long as the host runs: it imports next to nothing.
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { type Death, deathsInARow, isStartedAgain, restartDelay } from './restart-policy.ts';

/** Has to stand on the command line. Without it, Node 26 keeps the pages of ended threads in a pool instead of freeing them. */
export const FREE_ENDED_THREADS = '--no-memory-pool-share-memory-on-teardown';

/** Threads for the file system and DNS, shared by all agents; Node's 4 would let one slow disk access delay the next. */
export const THREAD_POOL = '64';

/** What a host may take to end once it has said that it stopped. */
const EXIT_MS = 1_000;

/** What a host sends its launcher once it is ready for work. */
export interface Ready {
  readonly ready: true;
  /** The environment variables that the next start is given, such as one for the port. */
  readonly again: Readonly<Record<string, string>>;
}

/** What a host sends its launcher once it has stopped in good order: all that is left of it is its process. */
export interface Stopped {
  readonly stopped: true;
}

export interface LaunchOptions {
  /** What the child is called on stderr. */
  readonly name: string;
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
export function launch(scriptWithArgs: readonly string[], options: LaunchOptions): void {
  const launcher = new Launcher(scriptWithArgs, options);
  const stop = (signal: NodeJS.Signals) => launcher.stop(signal);
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  stopWithNpm(stop);
  launcher.start();
}

class Launcher {
  readonly #name: string;
  readonly #script: readonly string[];
  readonly #flags: readonly string[];
  readonly #readyAfterMs: number | undefined;
  #again: Readonly<Record<string, string>> = {};
  #child: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #wasReady = false;
  #deaths = 0;
  #asked = false;

  constructor(script: readonly string[], { name, flags = [], readyAfterMs }: LaunchOptions) {
    const own = Number.parseInt(process.versions.node, 10) >= 26 ? [FREE_ENDED_THREADS] : [];
    this.#name = name;
    this.#script = script;
    this.#flags = [...own, ...process.execArgv, ...flags];
    this.#readyAfterMs = readyAfterMs;
  }

  start(): void {
    const startedAt = performance.now();
    const ranMs = () => performance.now() - startedAt;
    this.#restart = undefined;
    const child = spawn(process.execPath, [...this.#flags, ...this.#script], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env: {
        UV_THREADPOOL_SIZE: THREAD_POOL,
        ...process.env,
        ...this.#again,
        // Says in the list of processes whose child it was, once this process is gone.
        DROWSE_LAUNCHER: String(process.pid),
      },
    });
    this.#child = child;
    child.on('message', ({ ready, again, stopped }: Partial<Ready & Stopped>) => {
      if (stopped === true) this.#stopped(child);
      if (ready !== true) return;
      this.#wasReady = true;
      this.#again = again ?? {};
    });
    child.once('error', (error) => {
      if (child.pid !== undefined) return;
      say(`the ${this.#name} could not be started: ${error.message}`);
      this.#died(1, ranMs());
    });
    child.on('exit', (code, signal) => {
      this.#wasReady ||= this.#readyAfterMs !== undefined && ranMs() >= this.#readyAfterMs;
      const died = () => this.#died(code ?? (signal as NodeJS.Signals), ranMs());
      // What it said last, such as its port, is read by then.
      if (child.connected) child.once('disconnect', died);
      else died();
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

  /** Its exit waits for each of its threads, and one in a loop that V8 cannot interrupt never ends. */
  #stopped(child: ChildProcess): void {
    child.removeAllListeners('exit').on('exit', () => end(0));
    setTimeout(() => child.kill('SIGKILL'), EXIT_MS).unref();
  }

  #died(by: Death['by'], ranMs: number): void {
    this.#child = undefined;
    const status = typeof by === 'number' ? by : 128 + constants.signals[by];
    if (!isStartedAgain({ by, wasReady: this.#wasReady, asked: this.#asked })) return end(status);
    this.#deaths = deathsInARow(this.#deaths, ranMs);
    const delay = restartDelay(this.#deaths);
    const how = typeof by === 'number' ? `ended with status ${by}` : `was ended by ${by}`;
    const when = delay === 0 ? 'at once' : `in ${delay} ms`;
    say(`the ${this.#name} ${how} after ${(ranMs / 1_000).toFixed(1)} s; it is started again ${when}`);
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
