import { DrowseError } from './errors.ts';

/** What is told who calls a tool that there is not. `names` has those that there are. */
export function unknownTool(name: string, names: readonly string[]): DrowseError {
  const known = names.length === 0 ? 'Supervisor.open was given no tools' : `there are: ${names.join(', ')}`;
  return new DrowseError('ERR_DROWSE_UNKNOWN_TOOL', `There is no tool "${name}"; ${known}.`);
}
