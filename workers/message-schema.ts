import type { StandardSchemaV1 } from '@standard-schema/spec';
import { stepTo } from '../core/codec.ts';
import { DrowseError, type MessageIssue } from '../core/errors.ts';

/** How many issues an error carries, and how many of them its text tells: a long list can be wrong at every item. */
const CARRIED = 100;
const TOLD = 3;

/** What the schema of a type says of a message that it refuses. */
export class InvalidMessage extends DrowseError {
  constructor(agentId: string, issues: readonly StandardSchemaV1.Issue[]) {
    const carried = Array.from(issues.slice(0, CARRIED), plain);
    const told = carried.slice(0, TOLD).map(({ message, path }) => `${pathOf(path)}: ${message}`);
    if (issues.length > TOLD) told.push(`and ${issues.length - TOLD} more`);
    const text = `Agent ${agentId} takes no such message: ${told.join('; ')}. Send what the schema of its type takes.`;
    super('ERR_DROWSE_INVALID_MESSAGE', text, { issues: carried });
  }
}

/** What a schema makes of a message. Rejects with {@link InvalidMessage} where it refuses it, and with what it throws. */
export async function validate(schema: StandardSchemaV1, message: unknown, agentId: string): Promise<unknown> {
  const result = await schema['~standard'].validate(message);
  if (result.issues) throw new InvalidMessage(agentId, result.issues);
  return result.value;
}

/** An issue as plain data: libraries put the values beside the keys of a path, and have arrays of classes of their own. */
function plain({ message, path = [] }: StandardSchemaV1.Issue): MessageIssue {
  return { message: String(message), path: Array.from(path, keyOf) };
}

function keyOf(segment: PropertyKey | StandardSchemaV1.PathSegment): string | number {
  const key = typeof segment === 'object' ? segment.key : segment;
  return typeof key === 'number' ? key : String(key);
}

function pathOf(path: MessageIssue['path']): string {
  return path.reduce<string>((before, key) => before + stepTo(String(key), typeof key === 'number'), 'message');
}
