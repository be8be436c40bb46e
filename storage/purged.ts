import type { Database } from './database.ts';
import { unsealNumber } from './envelope.ts';
import { isDamage } from './kept.ts';
import { purgeKey } from './keys.ts';

/** What is numbered below was deleted with the agent, though it may not be swept yet. Throws `Damage`. */
export function purgedBelow(level: Database['level'], agentId: string): number {
  const sealed = level.getSync(purgeKey(agentId));
  return sealed === undefined ? 0 : unsealNumber(sealed, 'mark of what was deleted');
}

/** The same for who looks at many agents: one whose mark is damaged, which opening it tells, is not to stop them. */
export function purgedAtLeast(level: Database['level'], agentId: string): number {
  try {
    return purgedBelow(level, agentId);
  } catch (error) {
    if (isDamage(error)) return 0;
    throw error;
  }
}
