import { Refusal } from './errors.ts';
import { toJson } from './json.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;
/** Characters after which a page ends early. What is listed can hold messages, and a page is made in memory. */
const ROOM = 16 * 1024 * 1024;

/** Some of a longer list. */
export interface Page<Item> {
  /** A JSON array. */
  readonly json: string;
  readonly last: Item | undefined;
  /** Whether there is more behind the last one. */
  readonly more: boolean;
}

/** How many a query asks for. Throws `BAD_REQUEST` where `limit` is not a whole number from 1 to 1,000. */
export function limitOf(query: Readonly<Record<string, string>>): number {
  const limit = query.limit === undefined ? DEFAULT_LIMIT : Number(query.limit);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new Refusal('BAD_REQUEST', `limit must be a whole number from 1 to ${MAX_LIMIT}, not "${query.limit}".`);
}

/** The first of a list: at most `limit`, fewer where they are large, and one in any case. It should end behind `limit` + 1. */
export async function pageOf<Item>(list: AsyncIterable<Item>, limit: number): Promise<Page<Item>> {
  const written: string[] = [];
  let room = ROOM;
  let last: Item | undefined;
  let more = false;
  for await (const item of list) {
    more = written.length === limit || room <= 0;
    if (more) break;
    const json = toJson(item);
    written.push(json);
    room -= json.length;
    last = item;
  }
  return { json: `[${written.join()}]`, last, more };
}

/** A page as it is answered: `{ "<name>": […], "next": … }`, where `next` is what `after` has to be for the following one. */
export function withNext(name: string, { json, last, more }: Page<{ readonly id: string }>): string {
  return `{"${name}":${json},"next":${toJson(more ? last?.id : null)}}`;
}
