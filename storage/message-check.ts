import type { Database, Operation } from './database.ts';
import { unsealNumber } from './envelope.ts';
import { alarmIndexKey, namedKey, numberedKey, parseRowKey, purgeKey, ROWS, type RowKind, rowRange } from './keys.ts';
import type { Alarm, Answer, Step } from './messages.ts';
import { numberOf, unsealRow } from './row.ts';
import { type Ordered, operationsOf } from './steps.ts';
import { attempt, unreadable } from './unreadable.ts';

type Level = Database['level'];
type RowKey = NonNullable<ReturnType<typeof parseRowKey>>;

/** What is wrong with the messages, alarms, answers and dead letters of one agent, and how it is put right. */
export interface MessageDiagnosis {
  readonly damage: readonly string[];
  /** The rows that cannot stay. */
  readonly aside: readonly Buffer[];
  /** Rows that follow from others, to be written once those are moved. */
  readonly anew: readonly Operation[];
  /** The highest number that any of them carries. */
  readonly highest: number;
}

const TRIP_BYTES = 1024 * 1024;
/** No key holds a time from here on. */
const END_OF_TIME = 2 ** 48;

/** Reads all that is kept of messages under one id, a few rows at a time. What was deleted and not swept yet is no damage. */
export async function diagnoseMessages(level: Level, agentId: string): Promise<MessageDiagnosis> {
  const check = new MessageCheck(level, agentId);
  try {
    check.takePurge();
    for (const kind of Object.keys(ROWS) as RowKind[]) {
      const range = { ...rowRange(kind, agentId), highWaterMarkBytes: TRIP_BYTES };
      for await (const [key, sealed] of level.iterator(range)) check.take(key, sealed);
    }
  } catch (error) {
    check.damage.push(unreadable(error));
  }
  return check;
}

/** How a finding names a row. */
export function nameOf({ kind, isNotes, number, name }: Omit<RowKey, 'agentId'>): string {
  if (isNotes) return `notes on message ${number}`;
  switch (kind) {
    case 'inbox':
      return `message ${number}`;
    case 'letters':
      return `dead letter ${number}`;
    case 'order':
      return `entry for answer ${number} in the order of answers`;
    case 'quarantine':
      return 'quarantine';
    case 'alarms':
      return `alarm ${JSON.stringify(name)}`;
    case 'answers':
      return `answer under the key ${JSON.stringify(name)}`;
  }
}

class MessageCheck implements MessageDiagnosis {
  readonly damage: string[] = [];
  readonly aside: Buffer[] = [];
  readonly anew: Operation[] = [];
  highest = 0;
  readonly #level: Level;
  readonly #agentId: string;
  #purged = 0;

  constructor(level: Level, agentId: string) {
    this.#level = level;
    this.#agentId = agentId;
  }

  takePurge(): void {
    const key = purgeKey(this.#agentId);
    const sealed = this.#level.getSync(key);
    if (sealed === undefined) return;
    this.#purged = this.#read(key, () => unsealNumber(sealed, 'mark of what was deleted')) ?? 0;
    this.highest = this.#purged;
  }

  take(key: Buffer, sealed: Buffer): void {
    const row = parseRowKey(key);
    if (row === undefined) return this.#refuse(key, `its row ${JSON.stringify(key.toString('latin1'))} is of no kind`);
    if (this.#isDead(row.number ?? numberOf(sealed) ?? 0)) return;
    this.highest = Math.max(this.highest, row.number ?? 0);
    const what = nameOf(row);
    const fields = this.#read(key, () => unsealRow<object>(sealed, what));
    if (fields === undefined) return;
    this.highest = Math.max(this.highest, fields.number);
    if (row.number !== undefined && row.number !== fields.number) {
      this.#refuse(key, `its ${what} is that of number ${fields.number}`);
    } else if (row.kind === 'alarms') this.#takeAlarm(key, row, fields as Alarm);
    else if (row.kind === 'answers') this.#takeAnswer(key, row, fields as Answer);
    else if (row.kind === 'order') this.#takeOrdered(key, row, fields as Ordered);
  }

  #takeAlarm(key: Buffer, row: RowKey, alarm: Alarm): void {
    const { name, at, number } = alarm;
    if (name !== row.name || !(Number.isInteger(at) && at >= 0 && at < END_OF_TIME)) {
      return this.#refuse(key, `its ${nameOf(row)} cannot be read`);
    }
    const index = alarmIndexKey(at, this.#agentId, name);
    const entry = this.#level.getSync(index);
    if (entry !== undefined && attempt(() => unsealNumber(entry, 'entry'), unreadable) === number) return;
    const state = entry === undefined ? 'is missing from' : 'has a wrong entry in';
    this.damage.push(`its ${nameOf(row)} ${state} the index of alarms`);
    this.#restore(index, { kind: 'alarm', agentId: this.#agentId, alarm });
  }

  #takeAnswer(key: Buffer, row: RowKey, answer: Answer): void {
    if (answer.key !== row.name) return this.#refuse(key, `its ${nameOf(row)} cannot be read`);
    const orderKey = numberedKey('order', this.#agentId, answer.number);
    const entry = this.#level.getSync(orderKey);
    const ordered = entry && attempt(() => unsealRow<Omit<Ordered, 'number'>>(entry, 'entry'), unreadable);
    if (ordered?.key === answer.key && ordered.number === answer.number) return;
    // One that is there and damaged is found as the order is read.
    if (entry === undefined) this.damage.push(`its ${nameOf(row)} is missing from the order of answers`);
    this.#restore(orderKey, { kind: 'answer', agentId: this.#agentId, answer });
  }

  /** An answer that a newer one under its key replaced leaves its entry until it is purged. */
  #takeOrdered(key: Buffer, row: RowKey, { key: name, number }: Ordered): void {
    const sealed = this.#level.getSync(namedKey('answers', this.#agentId, String(name)));
    const answer = sealed && attempt(() => unsealRow<Omit<Answer, 'number'>>(sealed, 'answer'), unreadable);
    if (answer !== undefined && answer.number >= number) return;
    const damaged = sealed !== undefined && answer === undefined;
    const says = `its answer under the key ${JSON.stringify(name)} is missing, of which there is the ${nameOf(row)}`;
    // The finding on a damaged answer says it all.
    if (damaged) this.aside.push(key);
    else this.#refuse(key, says);
  }

  #restore(key: Buffer, step: Step): void {
    this.anew.push(...operationsOf([step]).filter((operation) => 'key' in operation && operation.key.equals(key)));
  }

  #read<T>(key: Buffer, read: () => T): T | undefined {
    return attempt(read, (error) => this.#refuse(key, unreadable(error)));
  }

  #refuse(key: Buffer, damage: string): void {
    this.damage.push(damage);
    this.aside.push(key);
  }

  #isDead(number: number): boolean {
    return number < this.#purged;
  }
}
