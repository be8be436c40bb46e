/** What an agent is told. Amending replaces its last message, so that its history stays as long as it is. */
export type Told = { readonly say: string } | { readonly amend: string };

/** How many messages an agent has, and how often one was amended. */
export interface Reply {
  readonly messages: number;
  readonly amended: number;
}

export interface State {
  readonly messages: string[];
  amended: number;
}

/** One way to host conversations that outlive their process. Agents are numbers, and exist once they are told something. */
export interface Host extends AsyncDisposable {
  /** The process that holds the agents. */
  readonly pid: number;
  /** One turn; those of an agent run one at a time. Resolves once its result is on disk. */
  send(agent: number, told: Told): Promise<Reply>;
  /** Takes an agent that has nothing to do out of memory. None has this where nothing stays in memory between turns. */
  forget?(agent: number): Promise<void>;
  /** What is kept of an agent, read from where it is kept. */
  kept(agent: number): Promise<State>;
}
