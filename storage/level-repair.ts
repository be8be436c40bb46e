import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Level } from 'level';
import { asError, DrowseError } from '../core/errors.ts';
import { holdsDatabase } from './database.ts';
import { FORMAT_KEY, NEXT_KEY, TOTAL_KEY } from './keys.ts';
import { lockedError } from './locked.ts';

/** LevelDB's own, which the types of `level` leave out. */
const { repair } = Level as unknown as { repair: (directory: string) => Promise<void> };

/** What opening a database comes to. */
interface Probe {
  /** Why LevelDB cannot open it. */
  readonly broken?: string;
  /** Bytes of its log that LevelDB passed over as it opened, saying so in its file LOG alone. */
  readonly dropped: number;
}

/**
 * Opens and closes what lies there. LevelDB is asked not to make a database: one whose CURRENT is gone would be taken for
 * an empty place, and its tables deleted. Rejects where what is wrong is not damage.
 */
export async function probe(directory: string): Promise<Probe> {
  const files = await readdir(directory).catch((cause: Error) => {
    throw new DrowseError('ERR_DROWSE_STORE_FAILED', `There is no store in ${directory}: ${cause.message}`, { cause });
  });
  if (!holdsDatabase(files)) {
    throw new DrowseError('ERR_DROWSE_STORE_FAILED', `There is no store in ${directory}.`);
  }
  const level = new Level<Buffer, Buffer>(directory, { createIfMissing: false, keyEncoding: 'buffer' });
  try {
    await level.open();
    // Without these no host can open it either.
    for (const key of [FORMAT_KEY, NEXT_KEY, TOTAL_KEY]) level.getSync(key);
    return { dropped: await droppedBytes(directory) };
  } catch (error) {
    const { cause = error } = error as Error;
    const { code, message } = asError(cause) as NodeJS.ErrnoException;
    if (code === 'LEVEL_LOCKED') throw lockedError(directory, cause);
    const missing = files.includes('CURRENT') ? undefined : 'its file CURRENT is missing';
    if (missing || code === 'LEVEL_CORRUPTION' || /MANIFEST-\d+: No such file/.test(message)) {
      return { broken: `LevelDB cannot open it: ${missing ?? message}`, dropped: 0 };
    }
    throw new DrowseError('ERR_DROWSE_STORE_FAILED', `The store in ${directory} cannot be opened: ${message}`, {
      cause,
    });
  } finally {
    await level.close();
  }
}

async function droppedBytes(directory: string): Promise<number> {
  const log = await readFile(join(directory, 'LOG'), 'utf8');
  return [...log.matchAll(/dropping (\d+) bytes/g)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
}

/** Copies the directory beside itself, then has LevelDB rebuild it from what it can read. Returns where the copy is. */
export async function repairDatabase(directory: string): Promise<string> {
  const copy = `${directory.replace(/\/+$/, '')}.damaged-${new Date().toISOString().replaceAll(':', '-')}`;
  await cp(directory, copy, { recursive: true, errorOnExist: true, force: false });
  await repair(directory);
  return copy;
}
