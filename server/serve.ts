import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import type { Logger, Supervisor } from '../runtime/index.ts';
import { createApp } from './app.ts';
import { isLoopback } from './guard.ts';

export interface ServeOptions {
  /** Stays the caller's: closing the server does not close it. */
  supervisor: Supervisor;
  /** The address to listen on; default 127.0.0.1. There is no authentication: whoever reaches it can do everything. */
  host?: string;
  /** Default 7420; 0 takes any that is free. */
  port?: number;
  /** Largest body of a message, in MiB of JSON; default 16. */
  maxMessageMb?: number;
  /** Where failures of the host itself go; by default nowhere. */
  log?: Logger;
}

/** A server that listens. */
export interface Serving {
  /** Where this machine reaches it, without a slash at the end. */
  readonly url: string;
  /**
   * Takes no more connections and drops the idle ones, then resolves once all requests in flight are answered. Those that
   * are not after `drainMs`, 10,000 by default, are cut off, which cancels their messages. It can be called again, to
   * hurry.
   */
  close(options?: { drainMs?: number }): Promise<void>;
}

/** Serves a supervisor over HTTP. Rejects with Node's error, like `EADDRINUSE`, where it cannot listen. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { supervisor, host = '127.0.0.1', port = 7420, ...rest } = options;
  const app = createApp(supervisor, { ...rest, local: isLoopback(host) });
  let closing: Promise<void> | undefined;
  const server = createAdaptorServer({
    hostname: host,
    fetch: async (request, env) => {
      const response = await app.fetch(request, env);
      // Node drops connections that are idle when it closes, but not those that come to be idle later.
      if (closing) (env as HttpBindings).outgoing.setHeader('connection', 'close');
      return response;
    },
  }) as Server;
  server.listen(port, host);
  await once(server, 'listening');
  return {
    url: urlOf(server.address() as AddressInfo),
    close: ({ drainMs = 10_000 } = {}) => {
      closing ??= close(server);
      const late = setTimeout(() => server.closeAllConnections(), drainMs);
      return closing.finally(() => clearTimeout(late));
    },
  };
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  await closed;
}

function urlOf({ address, port, family }: AddressInfo): string {
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '::1' }[address] ?? address;
  return `http://${family === 'IPv6' ? `[${reachable}]` : reachable}:${port}`;
}
