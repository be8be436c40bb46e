import type { AgentStream } from '../runtime/index.ts';
import { describeError, ownError } from './errors.ts';
import { EVENT_STREAM } from './headers.ts';
import { toJson } from './json.ts';

/**
 * Answers with server-sent events: a `chunk` for each, at last a `reply` or an `error`. Rejects with what goes wrong before the first of
 * them. A client that hangs up cancels the turn, and one that is slow slows it.
 */
export async function answerEvents(stream: AgentStream, agentId: string): Promise<Response> {
  const iterator = stream[Symbol.asyncIterator]();
  let next: IteratorResult<unknown, unknown> | undefined = await iterator.next();
  const body = new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = next ?? (await iterator.next());
        next = undefined;
        controller.enqueue(event(done ? 'reply' : 'chunk', toJson(value)));
        if (!done) return;
      } catch (error) {
        controller.enqueue(event('error', toJson(describeError(ownError(error, agentId)).body.error)));
      }
      controller.close();
    },
    async cancel() {
      await iterator.return?.();
    },
  });
  return new Response(body.pipeThrough(new TextEncoderStream()), {
    headers: { 'content-type': EVENT_STREAM, 'cache-control': 'no-store' },
  });
}

function event(name: 'chunk' | 'reply' | 'error', json: string): string {
  return `event: ${name}\ndata: ${json}\n\n`;
}
