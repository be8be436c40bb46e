/** Where a chunk or record says it belongs. */
export interface DataRow {
  readonly agentId: string;
  readonly generation: number;
  readonly kind: 'chunk' | 'record';
  readonly number: number;
}

const NUMBER_BYTES = 6;
const KINDS: Readonly<Record<number, DataRow['kind']>> = { 99: 'chunk', 114: 'record' };

/** Takes the key of a chunk or record apart; undefined where it is neither. */
export function parseDataKey(key: Buffer): DataRow | undefined {
  const nul = key.indexOf(0);
  const kind = KINDS[key[nul + 1 + NUMBER_BYTES] ?? 0];
  if (nul < 1 || kind === undefined || key.length !== nul + 2 + 2 * NUMBER_BYTES) return undefined;
  const [generation, number] = [key.readUIntBE(nul + 1, NUMBER_BYTES), key.readUIntBE(nul + 8, NUMBER_BYTES)];
  return { agentId: key.toString('utf8', 1, nul), generation, kind, number };
}
