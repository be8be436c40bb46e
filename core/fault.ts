import { types } from 'node:util';
import { decode, encode } from './codec.ts';
import { asError, DrowseError, type ErrorCode } from './errors.ts';

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

const MAX_DEPTH = 8;

/** Makes a fault of whatever was thrown. Never throws, whatever getters or proxies the value holds. */
export function toFault(thrown: unknown, depth = 0): Fault {
  try {
    const error = asError(thrown);
    return {
      name: String(error.name),
      message: String(error.message),
      ...(typeof error.stack === 'string' && { stack: error.stack }),
      ...(error instanceof DrowseError && { code: error.code }),
      ...(error instanceof DrowseError ? undefined : details(error)),
      ...(error.cause !== undefined && depth < MAX_DEPTH && { cause: toFault(error.cause, depth + 1) }),
    };
  } catch {
    return { name: 'Error', message: 'An error that could not be read was thrown.' };
  }
}

/** The error a fault was made of: a {@link DrowseError} of that agent, or an `Error` with the same name, stack and properties. */
export function fromFault(fault: Fault, agentId: string): Error {
  const cause = fault.cause && { cause: fromFault(fault.cause, agentId) };
  const error = fault.code
    ? new DrowseError(fault.code, fault.message, { ...cause, agentId })
    : Object.assign(new Error(fault.message, cause), fault.details && (decode(fault.details) as object));
  if (!fault.code && fault.name !== 'Error') hidden(error, 'name', fault.name);
  if (fault.stack !== undefined) hidden(error, 'stack', fault.stack);
  return error;
}

function details(error: Error): { details: Uint8Array } | undefined {
  const own = Object.assign({}, error);
  if (types.isProxy(error) || Object.keys(own).length === 0) return undefined;
  try {
    return { details: encode(own, 'error') };
  } catch {
    return undefined;
  }
}

function hidden(error: Error, property: 'name' | 'stack', value: string): void {
  Object.defineProperty(error, property, { value, writable: true, configurable: true, enumerable: false });
}
