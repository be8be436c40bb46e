import { DrowseError } from '../runtime/index.ts';
import { Refusal } from './errors.ts';
import { isKey, KEY_HEADER } from './headers.ts';

/** What is needed of a request to read its message. */
interface Body {
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array> | null;
  text(): Promise<string>;
}

/** Reads the message of a request, which may have only so many bytes. */
export type MessageReader = (request: Request) => Promise<unknown>;

/** The idempotency key that a request carries, if it does. Throws `BAD_REQUEST` for one that a header cannot carry. */
export function readKey(headers: Headers): { idempotencyKey?: string } {
  const key = headers.get(KEY_HEADER);
  if (key === null) return {};
  if (isKey(key)) return { idempotencyKey: key };
  throw new Refusal('BAD_REQUEST', 'The header Idempotency-Key must hold 1 to 512 printable ASCII characters.');
}

/**
 * The message a request carries. Rejects with `UNSUPPORTED_MEDIA_TYPE` unless it says that it is JSON, which a page of
 * another origin cannot say without asking first; with `ERR_DROWSE_MESSAGE_TOO_LARGE` over `maxBytes`, which are then
 * not kept in memory; and with `BAD_REQUEST` where it is not JSON.
 */
export async function readMessage(request: Body, maxBytes: number): Promise<unknown> {
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    throw new Refusal('UNSUPPORTED_MEDIA_TYPE', 'A message is JSON: send it with "content-type: application/json".');
  }
  const text = await readText(request, maxBytes);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal('BAD_REQUEST', `The message is not JSON: ${(error as Error).message}`);
  }
}

async function readText(request: Body, maxBytes: number): Promise<string> {
  const length = request.headers.get('content-length');
  if (length !== null) {
    if (Number(length) > maxBytes) throw tooLarge(maxBytes);
    // Node's parser ends the body at this length. Looking at `body` instead would cost each request a stream.
    return request.text();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function tooLarge(maxBytes: number): DrowseError {
  const text = `The request's body has more than the ${maxBytes} bytes that are taken. Send less, or raise maxMessageMb.`;
  return new DrowseError('ERR_DROWSE_MESSAGE_TOO_LARGE', text);
}
