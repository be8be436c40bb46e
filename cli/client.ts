import * as http from 'node:http';
import * as https from 'node:https';
import { InvalidArgumentError, Option } from 'commander';
import { Failure } from './failure.ts';

const DEFAULT_URL = 'http://127.0.0.1:7420';

/** `--url`, where the host is. */
export function urlOption(): Option {
  const option = new Option('--url <url>', 'where the host is').env('DROWSE_URL').default(DEFAULT_URL);
  return option.argParser((given: string) => {
    const url = URL.parse(given);
    if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
      throw new InvalidArgumentError('It must be a URL like http://127.0.0.1:7420.');
    }
    return url.href.replace(/\/$/, '');
  });
}

/** The path of an agent: each part of its id percent-encoded, the slashes between them kept. */
export function agentPath(id: string): string {
  return `/agents/${id.split('/').map(encodeURIComponent).join('/')}`;
}

/** Asks a host. Throws a {@link Failure} where none answers, or where it refuses. */
export async function ask(url: string, path: string, message?: unknown): Promise<unknown> {
  const { status, text } = await exchange(url, path, message).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED') {
      const start = 'start one with "drowse serve --agent <name>=<module>"';
      throw new Failure(`No host is running at ${url}: ${start}, or name another with --url.`);
    }
    throw new Failure(`The host at ${url} cannot be reached: ${error.message}`);
  });
  const body = parse(text) as { error?: { code: string; message: string } } | undefined;
  if (typeof body !== 'object' || body === null || (status !== 200 && body.error === undefined)) {
    throw new Failure(`What answers at ${url} is not a drowse host (status ${status}).`);
  }
  if (body.error) throw new Failure(`${body.error.code}: ${body.error.message}`);
  return body;
}

/** Without `fetch`, which gives up on an answer after five minutes. */
function exchange(url: string, path: string, message: unknown): Promise<{ status: number | undefined; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; text: string }>();
  const { request } = url.startsWith('https:') ? https : http;
  const post = { method: 'POST', headers: { 'content-type': 'application/json' } };
  const outgoing = request(`${url}${path}`, message === undefined ? {} : post, (response) => {
    const { statusCode: status } = response;
    response.toArray().then((chunks) => resolve({ status, text: Buffer.concat(chunks).toString() }), reject);
  });
  outgoing.on('error', reject);
  outgoing.end(message === undefined ? undefined : JSON.stringify(message));
  return promise;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
