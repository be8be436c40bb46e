import { decode, encode } from './codec.ts';
import { DrowseError, ERROR_CODES, type ErrorCode } from './errors.ts';

/** An error on its way between threads: plain data, so that nothing of it is lost or trusted. */
export interface Fault {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  /** Set for drowse's own errors. */
  readonly code?: ErrorCode;
  /** The error's own enumerable properties, encoded; left out where they cannot be copied. */
  readonly details?: Uint8Array;
  readonly cause?: Fault;
}

/** Causes of causes beyond this many are cut off. */
const MAX_DEPTH = 8;

/** What a fault has fields for, or what must stay hidden on an error. */
const CARRIED = new Set(['name', 'message', 'stack', 'cause']);

/** What is known of one of drowse's own errors besides, by its code and agent. */
const KNOWN = new Set([...CARRIED, 'code', 'retryable', 'agentId']);

/** Makes a fault of whatever was thrown. Never throws, whatever getters or proxies the value holds. */
export function toFault(thrown: unknown, depth = 0): Fault {
  try {
    if (!(thrown instanceof Error)) return { name: 'Error', message: String(thrown) };
    const { name, message, stack, cause } = thrown;
    const code = thrown instanceof DrowseError && thrown.code in ERROR_CODES ? thrown.code : undefined;
    return {
      name: String(name),
      message: String(message),
      ...(typeof stack === 'string' && { stack }),
      ...(code && { code }),
      ...details(thrown, code ? KNOWN : CARRIED),
      ...(cause !== undefined && depth < MAX_DEPTH && { cause: toFault(cause, depth + 1) }),
    };
  } catch {
    return { name: 'Error', message: 'Something was thrown that cannot be read.' };
  }
}

/** The error a fault was made of: a {@link DrowseError} of that agent, or an `Error` with the same name, stack and properties. */
export function fromFault(fault: Fault, agentId?: string): Error {
  const cause = fault.cause && { cause: fromFault(fault.cause, agentId) };
  const error = fault.code
    ? new DrowseError(fault.code, fault.message, { ...cause, ...(agentId !== undefined && { agentId }) })
    : new Error(fault.message, cause);
  // Defined, not assigned: a property called __proto__ must not become the error's prototype.
  for (const [key, value] of ownProperties(fault)) define(error, key, value, true);
  if (!fault.code && fault.name !== 'Error') define(error, 'name', fault.name, false);
  if (fault.stack !== undefined) define(error, 'stack', fault.stack, false);
  return error;
}

function details(error: Error, left: ReadonlySet<string>): { details: Uint8Array } | undefined {
  try {
    const own = Object.entries(error).filter(([key]) => !left.has(key));
    return own.length === 0 ? undefined : { details: encode(Object.fromEntries(own), 'error') };
  } catch {
    return undefined;
  }
}

function ownProperties({ details }: Fault): [string, unknown][] {
  try {
    return details ? Object.entries(decode(details) as object) : [];
  } catch {
    return []; // Nested too deeply for this thread's stack.
  }
}

function define(error: Error, property: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, property, { value, writable: true, configurable: true, enumerable });
}
