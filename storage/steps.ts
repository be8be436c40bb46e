import { del, put } from './commits.ts';
import type { Operation } from './database.ts';
import { sealNumber } from './envelope.ts';
import { alarmIndexKey, namedKey, notesKey, numberedKey } from './keys.ts';
import type { Answer, Step } from './messages.ts';
import { sealRow } from './row.ts';

/** What the order of an agent's answers keeps of each: enough to forget it. */
export type Ordered = Pick<Answer, 'key' | 'at' | 'number'> & { readonly bytes: number };

/** The rows that some steps put and remove. */
export function operationsOf(steps: readonly Step[]): Operation[] {
  return steps.flatMap(operationsOfOne);
}

function operationsOfOne(step: Step): Operation[] {
  const { agentId } = step;
  switch (step.kind) {
    case 'tell': {
      const { number, ...rest } = step.told;
      return [put(numberedKey('inbox', agentId, number), sealRow(number, rest))];
    }
    case 'settle':
      return [del(numberedKey('inbox', agentId, step.number)), del(notesKey(agentId, step.number))];
    case 'note': {
      const { number, ...rest } = step.notes;
      const key = notesKey(agentId, number);
      return [rest.attempts.length === 0 ? del(key) : put(key, sealRow(number, rest))];
    }
    case 'alarm': {
      const { name, number, ...rest } = step.alarm;
      return [
        ...(step.was === undefined ? [] : [del(alarmIndexKey(step.was, agentId, name))]),
        put(namedKey('alarms', agentId, name), sealRow(number, { name, ...rest })),
        put(alarmIndexKey(rest.at, agentId, name), sealNumber(number)),
      ];
    }
    case 'unalarm':
      return [del(alarmIndexKey(step.was, agentId, step.name)), del(namedKey('alarms', agentId, step.name))];
    case 'answer': {
      const { number, key, ...rest } = step.answer;
      const answer = sealRow(number, { key, ...rest });
      const ordered: Omit<Ordered, 'number'> = { key, at: rest.at, bytes: answer.length };
      return [
        put(namedKey('answers', agentId, key), answer),
        put(numberedKey('order', agentId, number), sealRow(number, ordered)),
      ];
    }
    case 'bury': {
      const { number, ...rest } = step.letter;
      return [put(numberedKey('letters', agentId, number), sealRow(number, rest))];
    }
    case 'quarantine': {
      const { number, ...rest } = step.quarantine;
      return [put(namedKey('quarantine', agentId, ''), sealRow(number, rest))];
    }
    case 'release':
      return [del(namedKey('quarantine', agentId, ''))];
    case 'unbury':
      return [del(numberedKey('letters', agentId, step.number))];
  }
}
