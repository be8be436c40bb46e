import type { AgentStream } from '../runtime/index.ts';
import { describeError, ownError } from './errors.ts';
import { EVENT_STREAM } from './headers.ts';
import { toJson } from './json.ts';

/** How long nothing may be said: proxies cut a connection that is silent, many of them after a minute. Milliseconds. */
const SILENCE_MS = 15_000;
/** A comment, which clients pass over. */
const ALIVE = ': the turn goes on\n\n';

/**
 * Answers with server-sent events: a `chunk` for each, at last a `reply` or an `error`, and a comment wherever nothing was said for
 * `silenceMs`. Rejects with what goes wrong before the first of them. A client that hangs up cancels the turn, and one that is slow
 * slows it.
 */
export async function answerEvents(stream: AgentStream, agentId: string, silenceMs = SILENCE_MS): Promise<Response> {
  const iterator = stream[Symbol.asyncIterator]();
  let first: ReturnType<typeof iterator.next> | undefined = iterator.next();
  const isSilent = await outlasts(first, silenceMs);
  let alive: NodeJS.Timeout;
  const body = new ReadableStream({
    start(controller) {
      if (isSilent) controller.enqueue(ALIVE);
      // Where there is room, nothing lies unread: the client waits for what comes next.
      const tell = () => (controller.desiredSize ?? 0) > 0 && controller.enqueue(ALIVE);
      alive = setInterval(tell, silenceMs);
    },
    async pull(controller) {
      try {
        const { done, value } = await (first ?? iterator.next());
        first = undefined;
        controller.enqueue(event(done ? 'reply' : 'chunk', toJson(value)));
        if (!done) return;
      } catch (error) {
        controller.enqueue(event('error', toJson(describeError(ownError(error, agentId)).body.error)));
      }
      clearInterval(alive);
      controller.close();
    },
    async cancel() {
      clearInterval(alive);
      await iterator.return?.();
    },
  });
  return new Response(body.pipeThrough(new TextEncoderStream()), {
    headers: { 'content-type': EVENT_STREAM, 'cache-control': 'no-store' },
  });
}

/** Whether some work takes longer than so many milliseconds. Rejects if it does before. */
async function outlasts(work: Promise<unknown>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(late.resolve, ms, true);
  try {
    return await Promise.race([work.then(() => false), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function event(name: 'chunk' | 'reply' | 'error', json: string): string {
  return `event: ${name}\ndata: ${json}\n\n`;
}
