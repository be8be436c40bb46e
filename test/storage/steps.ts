import type { Alarm, Letter, Messages, Step, Told } from '../../storage/messages.ts';
import { bytes, NOW } from './contract.ts';

/** Steps as short as a test wants to name them; each takes the next number of the store where it is given none. */
export function stepsFor(messages: Pick<Messages, 'nextNumber'>) {
  const numbered = <Fields extends object>(fields: Fields & { number?: number }) => ({
    ...fields,
    number: fields.number ?? messages.nextNumber(),
  });
  return {
    tell: (agentId: string, text: string, fields: Partial<Told> = {}) => ({
      kind: 'tell' as const,
      agentId,
      told: numbered({ at: NOW, body: bytes(text), ...fields }),
    }),
    alarm: (agentId: string, name: string, at: number, fields: Partial<Alarm> & { was?: number } = {}) => {
      const { was, ...rest } = fields;
      const alarm: Alarm = numbered({ name, at, body: bytes(name), ...rest });
      return { kind: 'alarm' as const, agentId, alarm, ...(was !== undefined && { was }) };
    },
    answer: (agentId: string, key: string, at = NOW, reply = 'reply') => ({
      kind: 'answer' as const,
      agentId,
      answer: numbered({ key, at, fingerprint: 'print', reply: bytes(reply) }),
    }),
    bury: (agentId: string, fields: Partial<Letter> = {}) => ({
      kind: 'bury' as const,
      agentId,
      letter: numbered({ at: NOW, since: NOW - 1, body: bytes('dead'), cause: 'it threw', attempts: [], ...fields }),
    }),
  };
}

export function settle(agentId: string, number: number): Step {
  return { kind: 'settle', agentId, number };
}

/** Notes of one attempt that ended for this cause. */
export function note(agentId: string, number: number, cause = 'it threw'): Step {
  return { kind: 'note', agentId, notes: { number, attempts: [{ at: NOW, cause }], retryAt: NOW + 1 } };
}

export async function collect<T>(from: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of from) all.push(each);
  return all;
}

export function readable(body: Uint8Array | undefined): string {
  return new TextDecoder().decode(body);
}
