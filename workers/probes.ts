/** What the language itself asks any object for: `await` and `JSON.stringify` find out by it what they have. */
export const PROBES: readonly string[] = ['then', 'toJSON'];
