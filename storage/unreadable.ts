import { Damage } from './envelope.ts';

/** Whether LevelDB found damage of its own. */
export function isCorruption(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'LEVEL_CORRUPTION';
}

/** What an error says of damage; throws it again where it is of another kind. */
export function unreadable(error: unknown): string {
  if (error instanceof Damage) return error.message;
  if (isCorruption(error)) return `LevelDB cannot read all of it: ${error.message}`;
  throw error;
}

/** Undefined where reading throws; `failed` decides whether that was damage. */
export function attempt<T>(read: () => T, failed: (error: unknown) => void): T | undefined {
  try {
    return read();
  } catch (error) {
    failed(error);
    return undefined;
  }
}
