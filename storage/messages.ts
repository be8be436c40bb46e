// What a store keeps of messages beside the agents' states: those told and not processed yet, alarms, the answers given
// under idempotency keys, and dead letters. Numbers come from one count that only grows; times are milliseconds since 1970.

/** A durable message that waits in an agent's inbox. */
export interface Told {
  /** Its place in the order of arrival; no two messages of a store share one. */
  readonly number: number;
  readonly at: number;
  readonly body: Uint8Array;
  /** The agents whose turns led to it, the teller last; undefined where it came from outside. */
  readonly chain?: readonly string[];
}

/** A message that an agent sends itself at a time, once or again and again. */
export interface Alarm {
  readonly name: string;
  readonly number: number;
  /** When it is due. */
  readonly at: number;
  readonly body: Uint8Array;
  /** Milliseconds between two times. */
  readonly every?: number;
  readonly cron?: string;
  /** Of the cron expression, as in `Europe/Berlin`; the host's own where it is left out. */
  readonly timezone?: string;
}

/** One turn of a durable message that began and did not commit. */
export interface Attempt {
  readonly at: number;
  /** How it failed; undefined while it runs, and for ever where the host ended during it. */
  readonly cause?: string;
}

/** What is known of the attempts at one durable message, a told one or an alarm. */
export interface Notes {
  readonly number: number;
  readonly attempts: readonly Attempt[];
  /** When the next attempt may begin. */
  readonly retryAt?: number;
}

/** The outcome of a message that carried an idempotency key. */
export interface Answer {
  readonly key: string;
  readonly number: number;
  readonly at: number;
  /** Tells messages apart. */
  readonly fingerprint: string;
  /** Undefined for a message that was told. */
  readonly reply?: Uint8Array;
}

/** A durable message that was given up. */
export interface Letter {
  readonly number: number;
  /** When it was given up. */
  readonly at: number;
  /** When it was told, or was due. */
  readonly since: number;
  readonly body: Uint8Array;
  readonly chain?: readonly string[];
  /** The name of the alarm that it was. */
  readonly alarm?: string;
  readonly cause: string;
  readonly attempts: readonly Attempt[];
}

/** An agent that is not to be started until it is released. */
export interface Quarantine {
  readonly number: number;
  readonly at: number;
  readonly cause: string;
  /** How often it had crashed in a row. */
  readonly crashes: number;
}

/** What one agent has waiting. */
export interface Pending {
  /** The oldest messages of the inbox, in the order of their numbers. */
  readonly messages: readonly Told[];
  /** Whether there are more behind them. */
  readonly more: boolean;
  /** Of those messages, and of alarms. */
  readonly notes: readonly Notes[];
  readonly alarms: readonly Alarm[];
}

/** One change to what is kept of messages. Those of one write, with the record it belongs to, are kept together or not at all. */
export type Step =
  | { readonly kind: 'tell'; readonly agentId: string; readonly told: Told }
  /** The message is over: it and the notes on it are gone. */
  | { readonly kind: 'settle'; readonly agentId: string; readonly number: number }
  | { readonly kind: 'note'; readonly agentId: string; readonly notes: Notes }
  /** Sets an alarm; `was` is the time of the one of that name that it replaces. */
  | { readonly kind: 'alarm'; readonly agentId: string; readonly alarm: Alarm; readonly was?: number }
  | { readonly kind: 'unalarm'; readonly agentId: string; readonly name: string; readonly was: number }
  | { readonly kind: 'answer'; readonly agentId: string; readonly answer: Answer }
  | { readonly kind: 'bury'; readonly agentId: string; readonly letter: Letter }
  | { readonly kind: 'quarantine'; readonly agentId: string; readonly quarantine: Quarantine }
  | { readonly kind: 'release'; readonly agentId: string }
  | { readonly kind: 'unbury'; readonly agentId: string; readonly number: number };

/** An entry of an index over all agents. */
export interface Due {
  readonly at: number;
  readonly agentId: string;
  readonly name: string;
}

export interface LetterQuery {
  /** Only those of ids that start with this. */
  readonly prefix?: string;
  readonly after?: { readonly agentId: string; readonly number: number };
  readonly limit?: number;
}

/**
 * The part of a store that keeps messages. Like the rest of it, it rejects with `ERR_DROWSE_STORE_FAILED` where the
 * disk does, with `ERR_DROWSE_CORRUPT_STATE` where what it read is damaged, and with `ERR_DROWSE_CLOSED` once it is closed.
 */
export interface Messages {
  /** A number that was never given out before, in this process or an earlier one. */
  nextNumber(): number;

  /**
   * Makes the changes, together or not at all. Resolves once they are as durable as the store was asked to make them;
   * `lightly`, once they would survive the death of the process.
   */
  write(steps: readonly Step[], options?: { lightly?: boolean }): Promise<void>;

  /** What waits of one agent: of its inbox, `limit` messages behind the number `after`. */
  pending(agentId: string, query?: { after?: number; limit?: number }): Promise<Pending>;

  /** The agents that have something in their inboxes, without a look at any other; their ids in the order of their bytes. */
  waiting(): AsyncIterable<string>;

  /** The alarms whose time is from `from` up to `to`, both included, in the order of their times. */
  due(from: number, to: number): AsyncIterable<Due>;

  /** The answer kept under a key: read at once, so that messages keep their order. Throws like {@link write} rejects. */
  answer(agentId: string, key: string): Answer | undefined;

  /** Dead letters, in the order of their agents' ids, then of their numbers. */
  letters(query?: LetterQuery): AsyncIterable<{ readonly agentId: string; readonly letter: Letter }>;

  letter(agentId: string, number: number): Promise<Letter | undefined>;

  /** The agents that are not to be started, in the order of their ids. */
  quarantines(): AsyncIterable<{ readonly agentId: string; readonly quarantine: Quarantine }>;

  /**
   * Forgets answers given before `answers`, of each agent all but its newest `perAgent` or 64 MiB, and letters buried
   * before `letters`. With an `agentId`, only answers of that agent.
   */
  purge(limits: { answers: number; perAgent: number; letters: number }, agentId?: string): Promise<void>;
}
