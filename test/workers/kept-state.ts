import { bytesOf, decode } from '../../core/codec.ts';
import { AgentState, fold, type Snapshot } from '../../workers/state.ts';

// biome-ignore lint/suspicious/noExplicitAny: states of any shape
export type Any = any;

/** A state with what a store would keep of it: the newest snapshot and the records after it. */
export class KeptState {
  readonly agent: AgentState;
  readonly kinds: string[] = [];
  snapshot: Uint8Array = new Uint8Array();
  records: Uint8Array[] = [];

  constructor(initial: unknown, maxBytes = 2 ** 30, maxRecordBytes = 2 ** 30) {
    this.agent = new AgentState(initial, { version: 3, maxBytes, maxRecordBytes });
  }

  /** One turn that commits. */
  turn(change: (root: { state: Any }) => void): this {
    const draft = this.agent.draft();
    change(draft.root);
    const made = draft.finish();
    this.kinds.push(made?.kind ?? 'nothing');
    if (made?.kind === 'snapshot') {
      this.snapshot = bytesOf(made.packed);
      this.records = [];
    } else if (made) this.records.push(bytesOf(made.packed));
    return this;
  }

  /** The state in the thread, copied. */
  get live(): Any {
    return (decode(this.agent.snapshot()) as Snapshot).state;
  }

  /** The state as the next incarnation would have it. */
  get folded(): Any {
    return fold(this.snapshot, this.records).state;
  }
}
