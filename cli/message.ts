import { InvalidArgumentError, Option } from 'commander';
import { isKey } from '../server/headers.ts';

/** A message that was given. In an object, as commander takes a parser's undefined or null for no argument. */
export interface Given {
  readonly message: unknown;
}

/** Reads a message. */
export function parseMessage(text: string): Given {
  try {
    return { message: JSON.parse(text) };
  } catch (error) {
    throw new InvalidArgumentError(`It must be JSON: ${(error as Error).message}`);
  }
}

/** `--key`, under which the message can be given again; `outcome` is what a repeat has. */
export function keyOption(outcome: string): Option {
  const option = new Option('--key <key>', `a name for the message: given again under it, it has ${outcome}`);
  return option.argParser((key: string) => {
    if (isKey(key)) return key;
    throw new InvalidArgumentError('It must be 1 to 512 printable ASCII characters.');
  });
}
