import * as http from 'node:http';
import * as https from 'node:https';
import { InvalidArgumentError, Option } from 'commander';
import { KEY_HEADER } from '../server/idempotency-key.ts';
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

/** The path of what has an id: each part of the id percent-encoded, the slashes between them kept. */
export function pathOf(what: string, id: string): string {
  return `/${what}/${id.split('/').map(encodeURIComponent).join('/')}`;
}

/** A path with a query of what is given. */
export function withQuery(path: string, query: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
}

/** What is asked of a host; by default a look at a path. */
export interface Question {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** Goes along as JSON, unless it is undefined. */
  readonly message?: unknown;
  readonly key?: string | undefined;
}

/** Asks a host. Throws a {@link Failure} where none answers, or where it refuses. */
export async function ask(url: string, path: string, question: Question = {}): Promise<unknown> {
  const { status, text } = await exchange(url, path, question).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED') {
      const start = 'start one with "drowse serve --agent <name>=<module>"';
      throw new Failure(`No host is running at ${url}: ${start}, or name another with --url.`);
    }
    throw new Failure(`The host at ${url} cannot be reached: ${error.message}`);
  });
  const body = parse(text) as { error?: { code: string; message: string } } | undefined;
  if (typeof body !== 'object' || body === null || (status >= 300 && body.error === undefined)) {
    throw new Failure(`What answers at ${url} is not a drowse host (status ${status}).`);
  }
  if (body.error) throw new Failure(`${body.error.code}: ${body.error.message}`);
  return body;
}

/** Without `fetch`, which gives up on an answer after five minutes. */
function exchange(url: string, path: string, question: Question): Promise<{ status: number; text: string }> {
  const { method = 'GET', message, key } = question;
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const { request } = url.startsWith('https:') ? https : http;
  const headers = {
    ...(message !== undefined && { 'content-type': 'application/json' }),
    ...(key !== undefined && { [KEY_HEADER]: key }),
  };
  const outgoing = request(`${url}${path}`, { method, headers }, (response) => {
    const { statusCode = 0 } = response;
    response
      .toArray()
      .then((chunks) => resolve({ status: statusCode, text: Buffer.concat(chunks).toString() }), reject);
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
