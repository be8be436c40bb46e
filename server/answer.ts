import type { Context } from 'hono';
import { describeError, Refusal } from './errors.ts';
import { toJson } from './json.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

/** Answers with a value; 202 says that what was asked for is still to be done. */
export function answer(c: Context, body: unknown, status: 200 | 202 = 200): Response {
  return c.body(toJson(body), status, JSON_TYPE);
}

/** Answers with what is JSON already. */
export function answerText(c: Context, json: string): Response {
  return c.body(json, 200, JSON_TYPE);
}

/** Answers with what went wrong. */
export function fail(c: Context, error: unknown): Response {
  const { status, body } = describeError(error);
  return c.body(toJson(body), status, JSON_TYPE);
}

/** The id behind the path's first segment. Decoded here once, as the router would decode it twice. */
export function idOf(c: Context): string {
  const [, , ...segments] = new URL(c.req.url).pathname.split('/');
  try {
    return decodeURIComponent(segments.join('/'));
  } catch {
    throw new Refusal('BAD_REQUEST', `The path ${c.req.path} is not valid percent-encoded UTF-8.`);
  }
}
