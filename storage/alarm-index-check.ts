import type { Database } from './database.ts';
import { namedKey, parseAlarmIndexKey } from './keys.ts';
import { nameOf } from './message-check.ts';
import type { Alarm } from './messages.ts';
import { purgedAtLeast } from './purged.ts';
import { numberOf, unsealRow } from './row.ts';
import { attempt, unreadable } from './unreadable.ts';
import { type Encounters, passOver } from './walk.ts';

type Level = Database['level'];

/** An entry in the index of alarms that no alarm bears out. */
export interface StrayEntry {
  readonly key: Buffer;
  readonly agentId: string;
  /** Undefined where the finding on its alarm, which is damaged, says it all. */
  readonly damage: string | undefined;
}

/** The other way round, an alarm without its entry, is found with its agent. */
export async function* strayEntries(level: Level, encounters: Encounters): AsyncGenerator<StrayEntry, void> {
  try {
    for await (const [key, sealed] of level.iterator({ gte: Buffer.from('l'), lt: Buffer.from('m') })) {
      const entry = parseAlarmIndexKey(key);
      if (entry === undefined) encounters.unknown(key);
      else {
        const stray = check(level, { ...entry, key, number: numberOf(sealed) ?? 0 });
        if (stray) yield stray;
      }
    }
  } catch (error) {
    passOver(error, encounters);
  }
}

interface Entry extends NonNullable<ReturnType<typeof parseAlarmIndexKey>> {
  readonly key: Buffer;
  readonly number: number;
}

function check(level: Level, { key, agentId, name, at, number }: Entry): StrayEntry | undefined {
  if (number < purgedAtLeast(level, agentId)) return undefined;
  const sealed = level.getSync(namedKey('alarms', agentId, name));
  const alarm = sealed && attempt(() => unsealRow<Omit<Alarm, 'number'>>(sealed, 'alarm'), unreadable);
  if (alarm?.at === at) return undefined;
  const what = nameOf({ kind: 'alarms', name, isNotes: false });
  const entry = `the index of alarms has it at ${new Date(at).toISOString()}`;
  if (sealed === undefined) return { key, agentId, damage: `its ${what} is missing, though ${entry}` };
  return { key, agentId, damage: alarm && `its ${what} is not due when ${entry}` };
}
