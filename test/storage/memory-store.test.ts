import t, { type Test } from 'tap';
import { MemoryStore } from '../../storage/memory-store.ts';
import { NOW, type StoreUnderTest, storeContract } from './contract.ts';
import { messagesContract } from './messages-contract.ts';

storeContract(t, memoryStore);
messagesContract(t, memoryStore);

async function memoryStore(t: Test): Promise<StoreUnderTest> {
  const store = new MemoryStore({ clock: { now: () => NOW } });
  t.teardown(() => store.close());
  return { store };
}
