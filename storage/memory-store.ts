import { type Clock, systemClock } from '../core/clock.ts';
import { Database } from './database.ts';
import { LevelStore } from './level-store.ts';

/** A store that lasts as long as its process, for tests: a LevelStore over memory in the place of a disk. */
export class MemoryStore extends LevelStore {
  constructor({ clock = systemClock }: { readonly clock?: Pick<Clock, 'now'> } = {}) {
    super(Database.inMemory(), clock);
  }
}
