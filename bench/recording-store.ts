import { type Journal, MemoryStore, type Opened, Supervisor } from 'drowse';

/** A store that shows what the runtime asks it to keep. */
class RecordingStore extends MemoryStore {
  record: Uint8Array | undefined;

  override async open(agentId: string): Promise<Opened> {
    const { journal, stored } = await super.open(agentId);
    const recording: Journal = {
      get sequence() {
        return journal.sequence;
      },
      append: (record) => {
        this.record = new Uint8Array(record);
        return journal.append(record);
      },
      snapshot: (sequence, snapshot) => journal.snapshot(sequence, snapshot),
      close: () => journal.close(),
    };
    return { journal: recording, stored };
  }
}

/** The bytes that the runtime stores for one message to an agent that exists. */
export async function recordOf(module: URL, message: unknown): Promise<Uint8Array> {
  const store = new RecordingStore();
  await using supervisor = await Supervisor.open({ store, agents: { probe: module } });
  await supervisor.send('probe/a', message);
  await supervisor.send('probe/a', message);
  if (store.record === undefined) throw new Error(`${module.href} changed nothing with its second message.`);
  return store.record;
}
