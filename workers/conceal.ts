/** What the runtime of a worker calls on its ports and sockets. */
const METHODS = ['postMessage', 'dispatchEvent', 'on', 'off', 'start', 'close', 'write'];

type Handle = Readonly<Record<string, unknown>>;

/**
 * Node hands a worker's ports and sockets out in two more ways: its list of active handles, and methods looked up on their
 * prototypes, which the agent may replace by ones that keep `this`. Neither leads to these. A worker is no
 * sandbox all the same: this keeps accidents and plain forgeries out.
 */
export function conceal(handles: readonly object[]): void {
  for (const handle of handles as Handle[]) {
    for (const name of METHODS) {
      const method = handle[name];
      if (typeof method === 'function') Object.defineProperty(handle, name, { value: method.bind(handle) });
    }
  }
  const listed = process as unknown as { _getActiveHandles(): unknown[] };
  const all = listed._getActiveHandles.bind(process);
  listed._getActiveHandles = () => all().filter((handle) => !handles.includes(handle as object));
}
