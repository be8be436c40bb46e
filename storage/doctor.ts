import { DrowseError } from '../core/errors.ts';
import { Database } from './database.ts';
import { type Diagnosis, diagnose, isCorruption } from './diagnosis.ts';
import { unsealNumber } from './envelope.ts';
import { TOTAL_KEY } from './keys.ts';
import { probe, repairDatabase } from './level-repair.ts';
import { recount, repairAgent } from './repair.ts';
import { walkIds, walkOthers } from './walk.ts';

/** One agent's damage, or the store's own, and what was done about it. */
export interface Finding {
  /** Undefined where it is the store's own. */
  readonly agentId?: string;
  readonly damage: readonly string[];
  /** The sequence the agent can be, or was, returned to; undefined where it cannot be saved. */
  readonly lastGood?: number | undefined;
  /** The changes that are gone once it is repaired, both ends included. */
  readonly lost?: { readonly from: number; readonly to: number };
  readonly repaired: boolean;
  /** What was done, or can be. */
  readonly remedy: string;
}

/** What an examination came to. */
export interface Examination {
  /** How many agents there are, after repairs. */
  readonly agents: number;
  readonly findings: number;
  /** Findings that were not repaired. */
  readonly left: number;
  /** Rows that repairs, this one or earlier ones, have moved out of the way. */
  readonly aside: number;
}

export interface ExamineOptions {
  readonly directory: string;
  /** Returns what is damaged to its last good state. Nothing is deleted: what cannot stay is moved aside. */
  readonly repair?: boolean;
  /** Called with each finding as it is made. */
  readonly onFinding: (finding: Finding) => void;
}

/**
 * Reads a store from end to end, in the memory that one agent's rows take. Rejects with `ERR_DROWSE_STORE_LOCKED` while
 * a host holds it, and with `ERR_DROWSE_STORE_FAILED` where there is none, or a newer drowse made it.
 */
export async function examineStore({ directory, repair = false, onFinding }: ExamineOptions): Promise<Examination> {
  const visit = new Visit(repair, onFinding);
  const { broken, dropped } = await probe(directory);
  if (dropped > 0)
    visit.report({ damage: [`LevelDB dropped ${dropped} damaged bytes of its log`], repaired: false, remedy: GONE });
  if (broken !== undefined) {
    const copy = repair ? await repairDatabase(directory) : undefined;
    visit.report({
      damage: [broken],
      repaired: repair,
      remedy: copy === undefined ? ASK : `rebuilt; copied to ${copy}`,
    });
    if (!repair) return visit.result(0, 0);
  }
  const database = await Database.open(directory, 'fsync');
  try {
    return await visit.examine(database);
  } catch (error) {
    if (error instanceof DrowseError) throw error;
    throw new DrowseError('ERR_DROWSE_STORE_FAILED', `Reading the store failed: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    await database.close();
  }
}

const ASK =
  'restore a backup; without one, --repair copies the directory, then has LevelDB rebuild it from the tables that can be read';
const GONE = 'restore a backup; what was written last is gone, of which this is the only trace';
const RESTORE = 'restore a backup; what LevelDB passes over was not examined';

class Visit {
  readonly #repair: boolean;
  readonly #onFinding: (finding: Finding) => void;
  #findings = 0;
  #left = 0;

  constructor(repair: boolean, onFinding: (finding: Finding) => void) {
    this.#repair = repair;
    this.#onFinding = onFinding;
  }

  report(finding: Finding): void {
    this.#findings += 1;
    if (!finding.repaired) this.#left += 1;
    this.#onFinding(finding);
  }

  result(agents: number, aside: number): Examination {
    return { agents, findings: this.#findings, left: this.#left, aside };
  }

  async examine(database: Database): Promise<Examination> {
    const { level } = database;
    let agents = 0;
    let complete = true;
    const encounters = {
      unknown: (key: Buffer) =>
        this.report({
          damage: [`the key ${JSON.stringify(key.toString('latin1'))} is none of the store's`],
          repaired: false,
          remedy: 'left where it is: nobody reads it',
        }),
      unreadable: (error: Error) => {
        complete = false;
        this.report({ damage: [`LevelDB cannot read a part: ${error.message}`], repaired: false, remedy: RESTORE });
      },
    };
    for await (const agentId of walkIds(level, encounters)) {
      const diagnosis = await diagnose(level, agentId);
      const gone = diagnosis.damage.length > 0 && (await this.#treat(database, diagnosis));
      if (diagnosis.exists && !gone) agents += 1;
    }
    const aside = await walkOthers(level, encounters);
    if (complete) await this.#count(database, agents);
    return this.result(agents, aside);
  }

  /** Reports an agent's damage, repaired where that was asked for. Returns whether the agent is gone. */
  async #treat(database: Database, diagnosis: Diagnosis): Promise<boolean> {
    const { agentId, damage, lastGood, newest } = diagnosis;
    const from = (lastGood ?? 0) + 1;
    const common = { agentId, damage, lastGood, ...(newest >= from && { lost: { from, to: newest } }) };
    const prognosis =
      lastGood === undefined
        ? 'it cannot be saved: --repair moves what is left of it aside'
        : `--repair returns it to ${lastGood}`;
    if (!this.#repair) {
      this.report({ ...common, repaired: false, remedy: prognosis });
      return false;
    }
    try {
      this.report({ ...common, repaired: true, remedy: await repairAgent(database, diagnosis) });
      return lastGood === undefined;
    } catch (error) {
      if (!isCorruption(error)) throw error;
      this.report({ ...common, repaired: false, remedy: RESTORE });
      return false;
    }
  }

  async #count(database: Database, agents: number): Promise<void> {
    const counter = readTotal(database.level.getSync(TOTAL_KEY));
    if (counter === agents) return;
    if (this.#repair) await recount(database, agents);
    const damage = counter === undefined ? 'the counter of agents is damaged' : `the counter says ${counter} agents`;
    const remedy = this.#repair ? `set to ${agents}` : `--repair sets it to ${agents}`;
    this.report({ damage: [damage], repaired: this.#repair, remedy });
  }
}

function readTotal(sealed: Buffer | undefined): number | undefined {
  if (sealed === undefined) return 0;
  try {
    return unsealNumber(sealed, 'total');
  } catch {
    return undefined;
  }
}
