import { DrowseError } from '../core/errors.ts';
import { strayEntries } from './alarm-index-check.ts';
import { Database } from './database.ts';
import { type Diagnosis, diagnose } from './diagnosis.ts';
import { unsealNumber } from './envelope.ts';
import { NEXT_KEY, TOTAL_KEY } from './keys.ts';
import { probe, repairDatabase } from './level-repair.ts';
import { diagnoseMessages, type MessageDiagnosis } from './message-check.ts';
import { moveAside, recount, renumber, repairAgent, rowsOf } from './repair.ts';
import { isCorruption } from './unreadable.ts';
import { type Encounters, walkIds, walkOthers } from './walk.ts';

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
    let highest = 0;
    await this.#examineIndex(database, encounters);
    for await (const agentId of walkIds(level, encounters)) {
      const diagnosis = await diagnose(level, agentId);
      const messages = await diagnoseMessages(level, agentId);
      highest = Math.max(highest, messages.highest);
      const damaged = diagnosis.damage.length + messages.damage.length > 0;
      const gone = damaged && (await this.#treat(database, diagnosis, messages));
      if (diagnosis.exists && !gone) agents += 1;
    }
    const aside = await walkOthers(level, encounters);
    if (complete) {
      await this.#count(database, agents);
      await this.#checkNext(database, highest);
    }
    return this.result(agents, aside);
  }

  /** Before the agents: an alarm that is damaged is moved aside with its agent, and then bears nothing out. */
  async #examineIndex(database: Database, encounters: Encounters): Promise<void> {
    for await (const { key, agentId, damage } of strayEntries(database.level, encounters)) {
      if (this.#repair) await moveAside(database, key);
      if (damage === undefined) continue;
      const remedy = this.#repair ? 'the entry was moved aside' : '--repair moves the entry aside';
      this.report({ agentId, damage: [damage], repaired: this.#repair, remedy });
    }
  }

  /** Reports an agent's damage, repaired where that was asked for. Returns whether the agent is gone. */
  async #treat(database: Database, diagnosis: Diagnosis, messages: MessageDiagnosis): Promise<boolean> {
    const { agentId, exists, lastGood, newest } = diagnosis;
    const from = (lastGood ?? 0) + 1;
    const damage = [...diagnosis.damage, ...messages.damage];
    const common = { agentId, damage, lastGood, ...(newest >= from && { lost: { from, to: newest } }) };
    if (!this.#repair) {
      this.report({ ...common, repaired: false, remedy: prognosis(diagnosis, messages) });
      return false;
    }
    try {
      this.report({ ...common, repaired: true, remedy: await repairAgent(database, diagnosis, messages) });
      return exists && lastGood === undefined;
    } catch (error) {
      if (!isCorruption(error)) throw error;
      this.report({ ...common, repaired: false, remedy: RESTORE });
      return false;
    }
  }

  async #count(database: Database, agents: number): Promise<void> {
    const counter = readCounter(database.level.getSync(TOTAL_KEY), 0);
    if (counter === agents) return;
    if (this.#repair) await recount(database, agents);
    const damage = counter === undefined ? 'the counter of agents is damaged' : `the counter says ${counter} agents`;
    this.#reportCounter(damage, agents);
  }

  async #checkNext(database: Database, highest: number): Promise<void> {
    const counter = readCounter(database.level.getSync(NEXT_KEY), 1);
    if (counter !== undefined && counter > highest) return;
    // As a host does that finds it damaged: fewer numbers than milliseconds have been given out since 1970.
    const next = Math.max(highest + 1, Date.now());
    if (this.#repair) await renumber(database, next);
    const damage =
      counter === undefined
        ? 'the count of messages is damaged'
        : `the count of messages stands at ${counter}, though there is a message ${highest}`;
    this.#reportCounter(damage, next);
  }

  #reportCounter(damage: string, right: number): void {
    const remedy = this.#repair ? `set to ${right}` : `--repair sets it to ${right}`;
    this.report({ damage: [damage], repaired: this.#repair, remedy });
  }
}

function prognosis({ damage, exists, lastGood }: Diagnosis, { aside, anew }: MessageDiagnosis): string {
  if (damage.length === 0) return `with --repair, ${rowsOf(aside.length, anew.length)}`;
  if (lastGood !== undefined) return `--repair returns it to ${lastGood}`;
  return exists ? 'it cannot be saved: --repair moves what is left of it aside' : '--repair moves its rows aside';
}

function readCounter(sealed: Buffer | undefined, none: number): number | undefined {
  if (sealed === undefined) return none;
  try {
    return unsealNumber(sealed, 'counter');
  } catch {
    return undefined;
  }
}
