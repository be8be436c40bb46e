import { decode } from '../../core/codec.ts';
import type { Attempt, Messages, Pending } from '../../storage/messages.ts';
import { type Durable, toDurable } from './durable.ts';

/** A durable message that an agent has not processed yet. Times are milliseconds since 1970. */
export interface PendingMessage {
  /** What `skip` knows it by. */
  readonly id: string;
  /** When it was told; of an alarm, when it was due. */
  readonly since: number;
  readonly message: unknown;
  /** The agent that told it; undefined where it came from outside. */
  readonly from: string | undefined;
  /** The agents whose turns led to it, the first cause first and the teller last; of more than 16, those. */
  readonly chain: readonly string[];
  /** The name of the alarm that it is. */
  readonly alarm: string | undefined;
  /** Turns of it that began and did not commit. One without a cause runs, or was running as the host ended. */
  readonly attempts: readonly Attempt[];
  /** When the next attempt may begin, if it has to wait. */
  readonly retryAt: number | undefined;
}

/** Reads an agent's inbox as the loop goes: alarms that are due, then what was told, the oldest first. */
export async function* readInbox(
  messages: Messages,
  agentId: string,
  now: number,
): AsyncGenerator<PendingMessage, void> {
  let page = await messages.pending(agentId);
  for (const { body, ...message } of dueAlarms(page, now)) yield describe({ body, ...message });
  for (;;) {
    for (const message of told(page)) yield describe(message);
    const after = page.messages.at(-1)?.number;
    if (!page.more || after === undefined) return;
    page = await messages.pending(agentId, { after });
  }
}

/** The alarms of a page that are due. */
export function dueAlarms({ alarms, notes }: Pending, now: number): Durable[] {
  const due = alarms.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
  return due.map((alarm) =>
    toDurable(
      alarm,
      notes.find(({ number }) => number === alarm.number),
    ),
  );
}

/** The messages of a page that were told. */
export function told({ messages, notes }: Pending): Durable[] {
  const noted = new Map(notes.map((note) => [note.number, note]));
  return messages.map((message) => toDurable(message, noted.get(message.number)));
}

function describe({ number, since, body, chain, alarm, attempts, retryAt }: Durable): PendingMessage {
  const from = chain.at(-1);
  return { id: String(number), since, message: decode(body), from, chain, alarm: alarm?.name, attempts, retryAt };
}
