// Looks through a table and a JSON of prompts: those that its host shares, or its own copies.
import { readFileSync } from 'node:fs';
import { defineAgent } from 'drowse/agent';

/** What is looked at, and where: `files` are read, once, in the place of what the host shares. */
export interface Look {
  readonly table: boolean;
  readonly prompts: boolean;
  readonly files?: { readonly table: string; readonly prompts: string };
}

interface Books {
  readonly table: Uint8Array;
  readonly prompts: readonly unknown[];
}

let own: Books | undefined;

const PAGE = 4_096;

export default defineAgent({
  initialState: () => ({ looks: 0 }),

  receive(agent, { table, prompts, files }: Look) {
    agent.state.looks += 1;
    if (files) own ??= { table: readFileSync(files.table), prompts: JSON.parse(readFileSync(files.prompts, 'utf8')) };
    const books = own ?? agent.shared;
    return { sum: table ? sum(books.table) : 0, prompts: prompts ? books.prompts.length : 0 };
  },
});

/** Of one byte a page. */
function sum(table: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < table.length; at += PAGE) sum += table[at] ?? 0;
  return sum;
}
