/** What drowse needs of a logger; `pino`'s and `console` both fit. */
export interface Logger {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

/** The levels, from the least to the most urgent. */
export type LogLevel = keyof Logger;

/** What an agent's own log takes: fields and a text, or a text alone. */
export type AgentLog = { readonly [Level in LogLevel]: { (fields: object, text: string): void; (text: string): void } };
