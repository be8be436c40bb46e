import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { extname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Host, Reply, State, Told } from './host.ts';

const ENTRY = new URL(`./durable-object-entry${extname(import.meta.filename)}`, import.meta.url);
/** Cloudflare's runtime on npm. No dependency of drowse, so that its name is no literal where it is imported. */
const PACKAGE: string = 'workerd';
/** Of 32, 128 and 1,000, the number with which it answered the most a second. */
const CONNECTIONS = 128;

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker", esModule = embed "worker.js")],
      compatibilityDate = "2026-01-01",
      durableObjectNamespaces = [(className = "Conversation", uniqueKey = "conversation", enableSql = true)],
      durableObjectStorage = (localDisk = "disk"),
      bindings = [(name = "conversations", durableObjectNamespace = "Conversation")],
    )),
    (name = "disk", disk = (path = "objects", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`;

/**
 * Conversations as Durable Objects with SQLite on the local disk, in Cloudflare's own runtime, over HTTP on loopback with
 * connections that stay open. Its output gates hold a reply back until SQLite's log is fsynced. Messages of one agent that
 * are in flight at once may overtake each other, on different connections.
 */
export class DurableObjects implements Host {
  readonly pid: number;
  readonly #workerd: ChildProcess;
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

  private constructor(workerd: ChildProcess, port: number) {
    this.#workerd = workerd;
    this.#port = port;
    this.pid = workerd.pid ?? Number.NaN;
  }

  /** Whether its package is there. */
  static isInstalled(): boolean {
    try {
      return import.meta.resolve(PACKAGE) !== '';
    } catch {
      return false;
    }
  }

  static async open(directory: string): Promise<DurableObjects> {
    await mkdir(join(directory, 'objects'), { recursive: true });
    await copyFile(ENTRY, join(directory, 'worker.js'));
    await writeFile(join(directory, 'config.capnp'), CONFIG);
    const workerd = spawn(await binary(), ['serve', 'config.capnp', '--control-fd=3', '--experimental'], {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    const exit = once(workerd, 'exit').then(([code]) => {
      throw new Error(`workerd ended with exit code ${code}.`);
    });
    exit.catch(() => {});
    const [line] = (await Promise.race([once(workerd.stdio[3] as Readable, 'data'), exit])) as [Buffer];
    return new DurableObjects(workerd, (JSON.parse(line.toString()) as { port: number }).port);
  }

  async send(agent: number, told: Told): Promise<Reply> {
    return JSON.parse(await this.#call('POST', agent, JSON.stringify(told))) as Reply;
  }

  async forget(agent: number): Promise<void> {
    // The object that ends itself does not answer.
    await this.#call('DELETE', agent).catch(() => {});
  }

  async kept(agent: number): Promise<State> {
    await this.forget(agent);
    return JSON.parse(await this.#call('GET', agent)) as State;
  }

  async #call(method: string, agent: number, body = ''): Promise<string> {
    const call = request({
      method,
      agent: this.#agent,
      host: '127.0.0.1',
      port: this.#port,
      path: `/${agent}`,
      headers: { 'content-length': Buffer.byteLength(body) },
    });
    call.end(body);
    const [response] = (await once(call, 'response')) as [Readable & { statusCode: number }];
    const answer = await text(response);
    if (response.statusCode !== 200) throw new Error(`workerd answered ${response.statusCode}: ${answer}`);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    const exit = once(this.#workerd, 'exit');
    this.#workerd.kill();
    await exit;
  }
}

async function binary(): Promise<string> {
  const { default: module } = (await import(PACKAGE)) as { default: { default: string } };
  return module.default;
}
