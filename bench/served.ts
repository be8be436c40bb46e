import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = import.meta.resolve('drowse/package.json');
const path = (relative: string) => fileURLToPath(new URL(relative, ROOT));

/** `drowse serve` with the example agents, as anybody starts it: a launcher, and the host that it starts. */
export class Served implements AsyncDisposable {
  readonly #launcher: ChildProcess;
  readonly #exit: Promise<unknown>;
  readonly #url: string;

  private constructor(launcher: ChildProcess, url: string) {
    this.#launcher = launcher;
    this.#exit = once(launcher, 'exit');
    this.#url = url;
    // It outlives nobody who has started it.
    process.once('exit', () => launcher.kill());
  }

  /** Resolves once it listens, on a port of its own choice. Rejects where it ends before. */
  static async start(directory: string): Promise<Served> {
    const agents = ['counter', 'chat'].flatMap((name) => ['--agent', `${name}=${path(`dist/examples/${name}.js`)}`]);
    const args = [path('dist/cli/drowse.js'), 'serve', '--port', '0', '--directory', directory, ...agents];
    const env = { ...process.env, DROWSE_LOG: 'warn' };
    const launcher = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
    // The host's stdout is the launcher's, and one that nobody reads would fill up.
    for await (const line of createInterface({ input: launcher.stdout })) {
      const url = /^drowse listens on (http:\S+)$/.exec(line)?.[1];
      if (url === undefined) continue;
      launcher.stdout.resume();
      return new Served(launcher, url);
    }
    throw new Error('drowse serve ended before it listened.');
  }

  /** Of the launcher. */
  get pid(): number {
    return this.#launcher.pid as number;
  }

  /** Sends a message to an agent, and resolves with the reply. */
  async send(agentId: string, message: unknown): Promise<unknown> {
    const response = await fetch(`${this.#url}/agents/${agentId}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
    });
    return ((await response.json()) as { reply?: unknown }).reply;
  }

  /** Asks it to stop. Resolves with the launcher's exit status once it has. */
  async stop(): Promise<number | null> {
    this.#launcher.kill('SIGTERM');
    await this.#exit;
    return this.#launcher.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
