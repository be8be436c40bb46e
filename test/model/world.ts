import type { DeadLetter } from 'drowse';
import type { ModelState } from '../fixtures/model-agent.ts';
import type { Call, Moment, Run } from './history.ts';
import type { Act, AgentName, Message } from './program.ts';

/** A message of a run, as the program has it: called by a client, or told or set by the turn of its parent. */
export interface Node {
  readonly message: Message;
  readonly agent: AgentName;
  readonly kind: 'send' | 'tell' | 'alarm';
  /** The calls that gave it, or its oldest ancestor, to an agent: since the last delete of that agent, if any were. */
  readonly calls: readonly Call[];
  /** How many there were before. */
  readonly former: number;
  readonly parent: Node | undefined;
  /** Its place among the acts of its parent. */
  readonly nth: number;
  readonly set?: Extract<Act, { do: 'alarm' }>;
}

export type Certainty = 'yes' | 'no' | 'maybe';

/** A run, in the light of an assumption: which of the deletes that nobody heard of again took place. */
export class World {
  readonly run: Run;
  readonly nodes: ReadonlyMap<string, Node>;
  readonly #deletes: readonly Call[];
  readonly #letters: ReadonlyMap<string, DeadLetter>;

  constructor(run: Run, took: readonly Call[]) {
    this.run = run;
    this.#deletes = run.calls.filter(
      (call) => call.do === 'delete' && (call.outcome.kind === 'ok' || took.includes(call)),
    );
    this.nodes = new Map(this.#forest().map((node) => [node.message.token, node]));
    this.#letters = new Map(run.letters.map((letter) => [(letter.message as Message).token, letter]));
  }

  /** When the newest delete before a moment made the agent a new one. */
  born(agent: AgentName, before: Moment = Number.POSITIVE_INFINITY): Moment {
    return Math.max(
      0,
      ...this.#deletes.filter((call) => call.agent === agent && call.called < before).map((call) => call.called),
    );
  }

  state(agent: AgentName): ModelState | undefined {
    return this.run.agents[agent]?.state;
  }

  log(agent: AgentName): ModelState['begun'] {
    return this.state(agent)?.begun ?? [];
  }

  places({ agent, message }: Node): number[] {
    return this.log(agent).flatMap(({ token }, place) => (token === message.token ? [place] : []));
  }

  letter({ message }: Node): DeadLetter | undefined {
    return this.#letters.get(message.token);
  }

  begun({ message }: Node): number {
    return this.run.begun.get(message.token) ?? 0;
  }

  /** How often the host was killed since a message may have been there. */
  kills({ calls }: Node): number {
    return this.run.kills.filter((kill) => kill > firstOf(calls)).length;
  }

  /** How many turns of a message may have been ended by deletes that did not take place. */
  spared({ agent, calls }: Node): number {
    const ended = (call: Call) => call.do === 'delete' && call.agent === agent && call.called > firstOf(calls);
    return this.run.calls.filter((call) => ended(call) && !this.#deletes.includes(call)).length;
  }

  /** Whether its turn has ever committed. */
  committed(node: Node): Certainty {
    if (this.places(node).length > 0) return 'yes';
    if (this.letter(node) || this.begun(node) <= (node.message.fail?.times ?? 0)) return 'no';
    const given = this.given(node);
    if (given === 'no' || (given === 'yes' && node.kind === 'send')) return given;
    // It may have gone with its agent.
    return this.born(node.agent) > firstOf(node.calls) ? 'maybe' : 'no';
  }

  /** Whether an agent was given it: a send with success, a tell so that it is on disk. */
  given({ kind, agent, parent, calls }: Node): Certainty {
    if (parent) return this.committed(parent);
    const waits = (call: Call) => kind === 'send' && this.#waitedForDelete(agent, call);
    if (calls.some(({ outcome }) => outcome.kind === 'ok')) return 'yes';
    return calls.some((call) => call.outcome.kind === 'unknown' && !waits(call)) ? 'maybe' : 'no';
  }

  /** Whether it is there at the end, processed or given up: an agent does not outlive a delete, nor does what it was given before. */
  expected(node: Node): Certainty {
    const given = this.given(node);
    const born = this.born(node.agent);
    if (given === 'no' || this.#latest(node) < born) return 'no';
    return firstOf(node.calls) > born ? given : 'maybe';
  }

  /** All messages that the calls can have brought about. */
  #forest(): Node[] {
    const roots = Map.groupBy(
      this.run.calls.filter(({ message }) => message),
      ({ message }) => message?.token,
    );
    return [...roots.values()].flatMap((all) => {
      const { agent, message, do: kind } = all[0] as Call & { message: Message; do: 'send' | 'tell' };
      const since = all.filter(({ called }) => called > this.born(agent));
      const calls = since.length > 0 ? since : all;
      return tree({ message, agent, kind, calls, former: all.length - calls.length, parent: undefined, nth: 0 });
    });
  }

  /** When it was given at the latest. */
  #latest({ parent, calls }: Node): Moment {
    const [call] = calls;
    if (parent === undefined) return firstOf(calls);
    const answered = parent.parent === undefined && parent.kind === 'send' && calls.length === 1;
    return answered && call?.outcome.kind === 'ok' ? call.returned : Number.POSITIVE_INFINITY;
  }

  /** A send that was behind a delete when the host was killed has not begun, if the delete did not take place. */
  #waitedForDelete(agent: AgentName, call: Call): boolean {
    const { calls, kills } = this.run;
    return calls.some(
      (other) =>
        other.do === 'delete' &&
        other.agent === agent &&
        other.called < call.called &&
        !this.#deletes.includes(other) &&
        !kills.some((kill) => kill > other.called && kill < call.called),
    );
  }
}

export function firstOf(calls: readonly Call[]): Moment {
  return Math.min(...calls.map(({ called }) => called));
}

function tree(node: Node): Node[] {
  const children = node.message.acts.flatMap((act, nth) => {
    if (act.do !== 'tell' && act.do !== 'alarm') return [];
    const child = { message: act.message, calls: node.calls, former: node.former, parent: node, nth };
    return tree(
      act.do === 'tell'
        ? { ...child, agent: act.to, kind: 'tell' }
        : { ...child, agent: node.agent, kind: 'alarm', set: act },
    );
  });
  return [node, ...children];
}
