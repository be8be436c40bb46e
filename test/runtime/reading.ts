import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Test } from 'tap';
import type { AgentStream } from '../../runtime/index.ts';
import { eventually } from '../eventually.ts';
import type { Order } from '../fixtures/streamer.ts';
import { testFolder } from '../test-folder.ts';

export const notes: Order = { do: 'notes' };
export const say = (...chunks: unknown[]): Order => ({ do: 'yield', chunks });
export const sayThen = (end: Extract<Order, { do: 'yield' }>['end'], more = {}): Order => {
  return { do: 'yield', chunks: ['a', 'b'], ...(end && { end }), ...more };
};

/** What a stream has to say, and what ended it. */
export async function read(stream: AgentStream): Promise<{ chunks: unknown[]; error?: unknown }> {
  const chunks: unknown[] = [];
  try {
    for await (const chunk of stream) chunks.push(chunk);
    return { chunks };
  } catch (error) {
    return { chunks, error };
  }
}

/** Its first chunk; leaves it then. */
export async function readFirst(stream: AgentStream): Promise<unknown> {
  for await (const chunk of stream) return chunk;
  throw new Error('It had nothing to say.');
}

/** A new file in which an agent leaves traces. */
export function traceFile(t: Test): string {
  // What went with one a moment ago may still write.
  const trace = `${testFolder(t)}/${randomUUID()}`;
  writeFileSync(trace, '');
  return trace;
}

/** Resolves once the `finally` of a turn has run. */
export async function traced(trace: string): Promise<void> {
  await eventually('the turn has ended', () => readFileSync(trace, 'utf8') === 'finally');
}
