/** Ends a command with one line on stderr and exit status 1: something outside the program is not as it should be. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** Ends a command with one line on stderr and exit status 2: it was called in a way that cannot work. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
