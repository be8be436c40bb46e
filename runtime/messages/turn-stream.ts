import { type AgentStream, IncomingStream } from '../../core/agent-stream.ts';
import type { Reader } from './delivery.ts';

/** A stream of what the turn of a message yields. `start` sends it, to be cancelled by a signal, and resolves with the reply. */
export function streamOf<Chunk, Reply>(
  signal: AbortSignal | undefined,
  start: (signal: AbortSignal, reader: Reader) => Promise<Reply>,
): AgentStream<Chunk, Reply> {
  const leaving = new AbortController();
  // What is no signal is refused with all else that is wrong.
  const either = signal instanceof AbortSignal ? AbortSignal.any([signal, leaving.signal]) : (signal ?? leaving.signal);
  let read = (_count: number): void => {};
  return new IncomingStream(
    { read: (count) => read(count), leave: () => leaving.abort() },
    (stream: IncomingStream<Chunk, Reply>) =>
      start(either, {
        push: (chunk) => stream.push(chunk),
        open: (source) => {
          read = source;
        },
      }),
  );
}
