import t from 'tap';
import { MemoryStore } from '../../storage/memory-store.ts';
import { NOW, storeContract } from './contract.ts';

storeContract(t, async (t) => {
  const store = new MemoryStore({ clock: { now: () => NOW } });
  t.teardown(() => store.close());
  return { store };
});
