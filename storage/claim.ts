/** The claims on agents: only ids that somebody holds, or still writes to, take room. */
export type Claims = Map<string, Claim>;

/**
 * The right to write one agent, held by the newest claim. An older one lost it the moment the newer was made, but what
 * it had written may still be under way: see {@link settled}.
 */
export class Claim {
  readonly agentId: string;
  readonly #claims: Claims;
  #released = false;
  /** The newest of what this claim, or an older one, has under way. */
  #last: Promise<unknown> | undefined;

  constructor(claims: Claims, agentId: string) {
    this.agentId = agentId;
    this.#claims = claims;
    this.#last = claims.get(agentId)?.settled();
    claims.set(agentId, this);
  }

  get held(): boolean {
    return !this.#released && this.#claims.get(this.agentId) === this;
  }

  /** Work that newer claims have to wait for. It settles after all that was given before. */
  track(work: Promise<unknown>): void {
    this.#last = work;
  }

  /** Resolves, whatever the outcome, once nothing that was tracked is under way; undefined if nothing ever was. */
  settled(): Promise<unknown> | undefined {
    return this.#last?.catch(() => undefined);
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    const forget = () => {
      if (this.#claims.get(this.agentId) === this) this.#claims.delete(this.agentId);
    };
    const settled = this.settled();
    if (settled) void settled.then(forget);
    else forget();
  }
}
