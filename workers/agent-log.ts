import { inspect } from 'node:util';
import { type Packed, pack } from '../core/codec.ts';
import type { AgentLog, LogLevel } from '../core/log.ts';
import { packOutward } from './outward.ts';
import type { Up } from './protocol.ts';

type Line = Extract<Up, { kind: 'log' }>;

/** How many lines an agent may write within a second, and how much one of them may say. */
const LINES_A_SECOND = 1_000;
const MAX_BYTES = 64 * 1_024;

/** The log of one agent: its lines go to the supervisor, up to so many a second. Those beyond are counted, and that is told. */
export class LogLines implements AgentLog {
  readonly #post: (line: Line) => void;
  #lines = 0;
  #leftOut = 0;
  #secondEnds = 0;
  readonly debug = this.#level('debug');
  readonly info = this.#level('info');
  readonly warn = this.#level('warn');
  readonly error = this.#level('error');

  constructor(post: (line: Line) => void) {
    this.#post = post;
  }

  #level(level: LogLevel): (fields: unknown, text?: unknown) => void {
    return (fields, text) => {
      if (this.#hasRoom()) this.#post(lineOf(level, fields, text));
    };
  }

  #hasRoom(): boolean {
    const now = performance.now();
    if (now >= this.#secondEnds) {
      this.#secondEnds = now + 1_000;
      this.#lines = 0;
    }
    this.#lines += 1;
    if (this.#lines <= LINES_A_SECOND) return true;
    if (this.#leftOut === 0) setTimeout(() => this.#tell(), this.#secondEnds - now).unref();
    this.#leftOut += 1;
    return false;
  }

  #tell(): void {
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    const text = `log lines were left out: an agent may write ${LINES_A_SECOND} a second`;
    this.#post(lineOf('warn', { leftOut }, text));
  }
}

/** Takes what people write, a text alone too. What cannot be copied is shown as text: a log line never fails a turn. */
function lineOf(level: LogLevel, fields: unknown, said: unknown): Line {
  if (typeof fields === 'string') return lineOf(level, {}, fields);
  const text = brief(typeof said === 'string' ? said : inspect(said));
  return { kind: 'log', level, text, fields: packed(fields) };
}

function packed(fields: unknown): Packed {
  try {
    const all = packOutward(fields, 'log');
    if (all.length <= MAX_BYTES) return all;
  } catch {
    // Shown as far as it can be.
  }
  return pack({ fields: brief(inspect(fields)) }, 'log');
}

function brief(text: string): string {
  return text.length <= MAX_BYTES ? text : `${text.slice(0, MAX_BYTES)}...`;
}
