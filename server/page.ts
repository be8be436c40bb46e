import type { AgentSummary, Supervisor } from '../runtime/index.ts';
import { Refusal } from './errors.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

/** Some of the agents, in the order of their ids. */
export interface Page {
  readonly agents: readonly AgentSummary[];
  /** What `after` has to be for the page behind this one; null where there is none. */
  readonly next: string | null;
}

/** The page that a query asks for. Rejects with `BAD_REQUEST` where `limit` is not a whole number from 1 to 1,000. */
export async function pageOf(supervisor: Supervisor, query: Readonly<Record<string, string>>): Promise<Page> {
  const { type, after } = query;
  const limit = query.limit === undefined ? DEFAULT_LIMIT : Number(query.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new Refusal('BAD_REQUEST', `limit must be a whole number from 1 to ${MAX_LIMIT}, not "${query.limit}".`);
  }
  const filter = { ...(type && { type }), ...(after && { after }) };
  // One more than asked for tells whether there is another page.
  const found: AgentSummary[] = [];
  for await (const agent of supervisor.list({ ...filter, limit: limit + 1 })) found.push(agent);
  const agents = found.slice(0, limit);
  return { agents, next: found.length > limit ? (agents.at(-1)?.id ?? null) : null };
}
