// A conversation as a Durable Object: its messages are rows, and stay in its memory while it is there. A turn writes the
// row that it changes. Runs in workerd.
import type { State, Told } from './host.ts';

interface Rows {
  toArray(): Array<Record<string, unknown>>;
}

interface Context {
  readonly storage: { readonly sql: { exec(query: string, ...values: unknown[]): Rows } };
  abort(reason: string): void;
}

interface Environment {
  readonly conversations: {
    idFromName(name: string): unknown;
    get(id: unknown): { fetch(request: Request): Promise<Response> };
  };
}

export class Conversation {
  readonly #context: Context;
  readonly #state: State;

  constructor(context: Context) {
    this.#context = context;
    this.#sql('CREATE TABLE IF NOT EXISTS messages (place INTEGER PRIMARY KEY, text TEXT)');
    this.#sql('CREATE TABLE IF NOT EXISTS amended (place INTEGER PRIMARY KEY, count INTEGER)');
    this.#state = {
      messages: this.#sql('SELECT text FROM messages ORDER BY place').map(({ text }) => String(text)),
      amended: Number(this.#sql('SELECT count FROM amended')[0]?.count ?? 0),
    };
  }

  async fetch(request: Request): Promise<Response> {
    if (request.method === 'GET') return Response.json(this.#state);
    // The next request meets a new object, which has only what is stored.
    if (request.method === 'DELETE') this.#context.abort('forgotten');
    return Response.json(this.#turn((await request.json()) as Told));
  }

  #turn(told: Told): unknown {
    const { messages } = this.#state;
    if ('say' in told) {
      this.#sql('INSERT INTO messages VALUES (?, ?)', messages.length, told.say);
      messages.push(told.say);
    } else {
      const place = messages.length - 1;
      this.#sql('UPDATE messages SET text = ? WHERE place = ?', told.amend, place);
      messages[place] = told.amend;
      this.#state.amended += 1;
      this.#sql('INSERT OR REPLACE INTO amended VALUES (0, ?)', this.#state.amended);
    }
    return { messages: messages.length, amended: this.#state.amended };
  }

  #sql(query: string, ...values: unknown[]): Array<Record<string, unknown>> {
    return this.#context.storage.sql.exec(query, ...values).toArray();
  }
}

export default {
  fetch(request: Request, { conversations }: Environment): Promise<Response> {
    return conversations.get(conversations.idFromName(new URL(request.url).pathname)).fetch(request);
  },
};
