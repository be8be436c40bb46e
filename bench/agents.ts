import { extname } from 'node:path';

const module = (name: string) => new URL(`./agents/${name}${extname(import.meta.filename)}`, import.meta.url);

/** The agent types under test, by name: what `Supervisor.open` takes as `agents`. */
export const agents = {
  echo: module('echo'),
  conversation: module('conversation'),
  keeper: module('keeper'),
  padded: module('padded'),
  faulty: module('faulty'),
  speaker: module('speaker'),
  importing: module('importing'),
  calling: module('calling'),
  librarian: module('librarian'),
};

/** What the calling agent needs as `tools`. */
export const completion = module('completion');

/** The echo agent as it was written, for Node to strip of its types as it is loaded. */
export const echoInTypeScript = new URL('bench/agents/echo.ts', import.meta.resolve('drowse/package.json'));

/** A message of 200 bytes of text for the echo agent. */
export const message = { text: 'x'.repeat(200) };
