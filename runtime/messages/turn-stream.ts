import { type AgentStream, IncomingStream } from '../../core/agent-stream.ts';
import { Reader } from './reader.ts';

/** A stream of what the turn of a message yields. `start` sends it, to be cancelled by a signal, and resolves with the reply. */
export function streamOf<Chunk, Reply>(
  signal: AbortSignal | undefined,
  start: (signal: AbortSignal, reader: Reader) => Promise<Reply>,
): AgentStream<Chunk, Reply> {
  const leaving = new AbortController();
  // What is no signal is refused with all else that is wrong.
  const either = signal instanceof AbortSignal ? AbortSignal.any([signal, leaving.signal]) : (signal ?? leaving.signal);
  const reader = new Reader((chunk) => stream.push(chunk));
  const reply = start(either, reader).finally(() => reader.end());
  const source = { read: (count: number) => reader.read(count), leave: () => leaving.abort() };
  const stream = new IncomingStream<Chunk, Reply>(source, reply);
  return stream;
}
