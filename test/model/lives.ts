import type { Call, Moment, Run } from './history.ts';
import type { AgentName } from './program.ts';

/** Which deletes of a run took place, where some of those nobody heard of again are taken to have. */
export class Lives {
  readonly #run: Run;
  readonly #deletes: readonly Call[];

  constructor(run: Run, took: readonly Call[]) {
    this.#run = run;
    this.#deletes = run.calls.filter(
      (call) => call.do === 'delete' && (call.outcome.kind === 'ok' || took.includes(call)),
    );
  }

  /** When the newest delete before a moment made the agent a new one. */
  born(agent: AgentName, before: Moment = Number.POSITIVE_INFINITY): Moment {
    const deletes = this.#deletes.filter((call) => call.agent === agent && call.called < before);
    return deletes.at(-1)?.called ?? 0;
  }

  /** How many deletes that did not take place an agent was asked for, and may have ended turns for, since. */
  spared(agent: AgentName, since: Moment): readonly Call[] {
    const { calls } = this.#run;
    return calls.filter(
      (call) => call.do === 'delete' && call.agent === agent && call.called > since && !this.#deletes.includes(call),
    );
  }

  /** Whether a call may have given its message to an agent. */
  mayHaveGiven({ do: kind, agent, called, outcome }: Call): boolean {
    if (outcome.kind !== 'unknown') return outcome.kind === 'ok';
    // A send behind a delete has not begun when the host is killed, if the delete has not taken place.
    const kill = this.#run.kills.findLast((kill) => kill < called) ?? 0;
    return kind !== 'send' || this.spared(agent, kill).every((other) => other.called > called);
  }
}
