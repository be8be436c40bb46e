import type { Agent } from './agent.ts';
import type { Services } from './services.ts';

/** What a supervisor is made of. */
export interface Inside {
  /** The agents that are not asleep. */
  readonly agents: ReadonlyMap<string, Agent>;
  readonly services: Services;
  /** The full id. Throws as every method of the supervisor does. */
  readonly idOf: (agentId: string) => string;
}

const insides = new WeakMap<object, Inside>();

export function keepInside(supervisor: object, inside: Inside): void {
  insides.set(supervisor, inside);
}

/** For drowse/testing, which breaks what nobody else is to reach. */
export function insideOf(supervisor: object): Inside {
  return insides.get(supervisor) as Inside;
}
