import type { Clock } from '../../core/clock.ts';
import { decode } from '../../core/codec.ts';
import type { Logger } from '../../core/log.ts';
import type { Up } from '../../workers/protocol.ts';
import { Output } from '../output.ts';

/** What an incarnation writes: log lines of its own, and to its standard streams. */
export class AgentOutput extends Output {
  readonly #agentId: string;
  readonly #log: Logger;

  constructor(agentId: string, log: Logger, clock: Clock) {
    super({ agentId }, log, clock);
    this.#agentId = agentId;
    this.#log = log;
  }

  line({ level, fields, text }: Extract<Up, { kind: 'log' }>): void {
    const agentId = this.#agentId;
    try {
      this.#log[level]({ ...(decode(fields) as object), agentId }, text);
    } catch (err) {
      this.#log.warn({ agentId, err, text }, 'a log line could not be written');
    }
  }
}
