import type { AgentInfo, DeadLetter } from 'drowse';
import type { ModelState } from '../fixtures/model-agent.ts';
import type { AgentName, Message } from './program.ts';

/** A moment of a run: how many calls, returns, kills and closes came before it. */
export type Moment = number;

/** What one client called, and what came of it. */
export interface Call {
  readonly do: 'send' | 'tell' | 'look' | 'sleep' | 'delete';
  readonly agent: AgentName;
  /** Of a send or a tell. */
  readonly message?: Message;
  readonly key?: string | undefined;
  readonly called: Moment;
  /** Infinity where the host was killed before it answered. */
  returned: Moment;
  outcome: Outcome;
}

type Outcome =
  | { readonly kind: 'ok'; readonly reply: unknown }
  | { readonly kind: 'refused'; readonly code: string; readonly text: string }
  /** It took place or not. */
  | { readonly kind: 'unknown' };

/** All that was seen of one run of a program, once nothing was left to be done. */
export interface Run {
  readonly calls: readonly Call[];
  readonly kills: readonly Moment[];
  readonly closes: readonly Moment[];
  readonly agents: Readonly<Record<AgentName, (AgentInfo & { state?: ModelState }) | undefined>>;
  readonly letters: readonly DeadLetter[];
  /** How often a turn of each message began. */
  readonly begun: ReadonlyMap<string, number>;
  /** What the doctor says of the store that is left. */
  readonly findings: readonly string[];
}
