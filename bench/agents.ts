import { extname } from 'node:path';

const module = (name: string) => new URL(`./agents/${name}${extname(import.meta.filename)}`, import.meta.url);

/** The agent types under test, by name: what `Supervisor.open` takes as `agents`. */
export const agents = { echo: module('echo'), conversation: module('conversation'), keeper: module('keeper') };

/** A message of 200 bytes of text for the echo agent. */
export const message = { text: 'x'.repeat(200) };
