import { decode } from '../../core/codec.ts';
import type { Logger } from '../../core/log.ts';
import type { Up } from '../../workers/protocol.ts';

/** Writes a line of an agent's own to the host's log, tagged with the agent. */
export function writeLine(log: Logger, agentId: string, { level, fields, text }: Extract<Up, { kind: 'log' }>): void {
  try {
    log[level]({ ...(decode(fields) as object), agentId }, text);
  } catch (err) {
    log.warn({ agentId, err, text }, 'a log line could not be written');
  }
}
