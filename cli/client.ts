import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import { InvalidArgumentError, Option } from 'commander';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { EVENT_STREAM, KEY_HEADER } from '../server/headers.ts';
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
  /** The form of answer that is wanted; by default JSON. */
  readonly accept?: string;
}

/** Asks a host. Throws a {@link Failure} where none answers, or where it refuses. */
export async function ask(url: string, path: string, question: Question = {}): Promise<unknown> {
  return readAnswer(url, await exchange(url, path, question));
}

/** What a host says of a turn while that runs, and at last. */
export type Said = { readonly chunk: unknown } | { readonly reply: unknown };

/** Asks a host, and hears what it says as it comes. Throws like {@link ask}. */
export async function* follow(url: string, path: string, question: Question): AsyncGenerator<Said, void> {
  const response = await exchange(url, path, { ...question, accept: EVENT_STREAM });
  if (response.headers['content-type'] !== EVENT_STREAM) {
    await readAnswer(url, response);
    throw notAHost(url, response);
  }
  const events: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => events.push(event) });
  try {
    for await (const text of response.setEncoding('utf8')) {
      parser.feed(text);
      for (const { event, data } of events.splice(0)) {
        if (event === 'error') throw refusal(parse(data) as Refused);
        if (event === 'chunk') yield { chunk: parse(data) };
        if (event !== 'reply') continue;
        yield { reply: parse(data) };
        return;
      }
    }
  } catch (error) {
    throw error instanceof Failure ? error : unreachable(url, error as Error);
  }
  throw new Failure(`The host at ${url} broke off before the reply.`);
}

/** Sends a question and resolves once the answer begins. Without `fetch`, which gives up on an answer after five minutes. */
async function exchange(url: string, path: string, question: Question): Promise<http.IncomingMessage> {
  const { method = 'GET', message, key, accept } = question;
  const { request } = url.startsWith('https:') ? https : http;
  const headers = {
    ...(message !== undefined && { 'content-type': 'application/json' }),
    ...(key !== undefined && { [KEY_HEADER]: key }),
    ...(accept !== undefined && { accept }),
  };
  const outgoing = request(`${url}${path}`, { method, headers });
  outgoing.end(message === undefined ? undefined : JSON.stringify(message));
  try {
    const [response] = await once(outgoing, 'response');
    return response;
  } catch (error) {
    throw unreachable(url, error as Error);
  }
}

async function readAnswer(url: string, response: http.IncomingMessage): Promise<unknown> {
  const { statusCode = 0 } = response;
  const bytes = await response.toArray().catch((error: Error) => Promise.reject(unreachable(url, error)));
  const body = parse(Buffer.concat(bytes).toString()) as { error?: Refused } | undefined;
  if (typeof body !== 'object' || body === null || (statusCode >= 300 && body.error === undefined))
    throw notAHost(url, response);
  if (body.error) throw refusal(body.error);
  return body;
}

interface Refused {
  readonly code: string;
  readonly message: string;
}

function refusal({ code, message }: Refused): Failure {
  return new Failure(`${code}: ${message}`);
}

function unreachable(url: string, error: NodeJS.ErrnoException): Failure {
  if (error.code !== 'ECONNREFUSED') return new Failure(`The host at ${url} cannot be reached: ${error.message}`);
  const start = 'start one with "drowse serve --agent <name>=<module>"';
  return new Failure(`No host is running at ${url}: ${start}, or name another with --url.`);
}

function notAHost(url: string, { statusCode = 0 }: http.IncomingMessage): Failure {
  return new Failure(`What answers at ${url} is not a drowse host (status ${statusCode}).`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
