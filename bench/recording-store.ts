import { type Journal, MemoryStore, type Store, Supervisor } from 'drowse';

/** What the runtime asks a store to keep of one turn. */
export interface Write {
  readonly kind: 'record' | 'snapshot';
  readonly agentId: string;
  /** Good only until the call that it is given in returns. */
  readonly bytes: Uint8Array;
}

/** Makes a store show what the runtime asks it to keep, before it does. */
export function recording<Kept extends Store>(store: Kept, note: (write: Write) => void): Kept {
  const open = store.open.bind(store);
  store.open = async (agentId) => {
    const { journal, ...opened } = await open(agentId);
    const noted: Journal = {
      get sequence() {
        return journal.sequence;
      },
      append: (record, steps) => {
        note({ kind: 'record', agentId, bytes: record });
        return journal.append(record, steps);
      },
      snapshot: (sequence, snapshot, steps) => {
        note({ kind: 'snapshot', agentId, bytes: snapshot });
        return journal.snapshot(sequence, snapshot, steps);
      },
      write: (steps) => journal.write(steps),
      close: () => journal.close(),
    };
    return { ...opened, journal: noted };
  };
  return store;
}

/** The bytes that the runtime stores for one message to an agent that exists. */
export async function recordOf(module: URL, message: unknown): Promise<Uint8Array> {
  let record: Uint8Array | undefined;
  const store = recording(new MemoryStore(), ({ kind, bytes }) => {
    if (kind === 'record') record = new Uint8Array(bytes);
  });
  await using supervisor = await Supervisor.open({ store, agents: { probe: module } });
  await supervisor.send('probe/a', message);
  await supervisor.send('probe/a', message);
  if (record === undefined) throw new Error(`${module.href} changed nothing with its second message.`);
  return record;
}
