import { InvalidArgumentError } from 'commander';

/** Reads a whole number of at least 0. Whether it is one that fits is for whom it is passed on to. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
