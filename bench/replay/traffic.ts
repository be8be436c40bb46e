import { readFile } from 'node:fs/promises';
import { parseAgentId } from '../../core/agent-id.ts';

/** One message of recorded traffic. */
export interface Recorded {
  readonly agentId: string;
  readonly message: unknown;
  /** Milliseconds since the first one. */
  readonly at: number;
}

/** Why a recording cannot be replayed, with the number of the line. */
export class TrafficError extends Error {}

/** The type of agents whose ids name none. */
const ONLY_TYPE = 'agent';
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

/**
 * The messages of a JSON Lines file, in the order of their times; those of the same time in the order of the file. Throws a
 * {@link TrafficError} that names the first line that is no message.
 */
export async function readTraffic(file: string): Promise<readonly Recorded[]> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new TrafficError(error.message);
  });
  return parseTraffic(text);
}

/** {@link readTraffic}, of what is in the file. Empty lines are passed over. */
export function parseTraffic(text: string): readonly Recorded[] {
  const messages = text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [parseLine(line, index + 1)]));
  messages.sort((a, b) => a.at - b.at);
  const first = messages[0];
  if (first === undefined) throw new TrafficError('There is no message in it.');
  return messages.map((recorded) => ({ ...recorded, at: recorded.at - first.at }));
}

function parseLine(line: string, number: number): Recorded {
  const refuse = (why: string) => new TrafficError(`Line ${number}: ${why}`);
  let given: unknown;
  try {
    given = JSON.parse(line);
  } catch (error) {
    throw refuse(`is not JSON: ${(error as Error).message}`);
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw refuse('is no object.');
  const { agent, message, at } = given as { agent?: unknown; message?: unknown; at?: unknown };
  if (message === undefined) throw refuse('has no "message".');
  const time = timeOf(at);
  if (!Number.isFinite(time)) throw refuse('"at" must be milliseconds, or a date like "2026-01-31T12:00:00Z".');
  try {
    return { agentId: parseAgentId(agent as string, ONLY_TYPE).full, message, at: time };
  } catch (error) {
    throw refuse(`"agent": ${(error as Error).message}`);
  }
}

function timeOf(at: unknown): number {
  if (typeof at === 'number') return at;
  return typeof at === 'string' && DATE.test(at) ? Date.parse(at) : Number.NaN;
}
