// The public door of the host's side: everything that `import … from 'drowse'` can name.
export type { AgentStream } from '../core/agent-stream.ts';
export type { Clock, Timer } from '../core/clock.ts';
export { DrowseError, ERROR_CODES, type ErrorCode, type MessageIssue } from '../core/errors.ts';
export type { Logger, LogLevel } from '../core/log.ts';
export { type Examination, type ExamineOptions, examineStore, type Finding } from '../storage/doctor.ts';
export { MemoryStore } from '../storage/memory-store.ts';
export type {
  Alarm,
  Answer,
  Attempt,
  Due,
  Letter,
  LetterQuery,
  Messages,
  Notes,
  Pending,
  Step,
  Told,
} from '../storage/messages.ts';
export type { Durability, Journal, Listed, ListQuery, Opened, Store, Stored } from '../storage/store.ts';
export type { AgentHandle } from './agent-handle.ts';
export type { SleepReason, SupervisorEvents } from './events.ts';
export type { TurnTrace } from './incarnation/turn-trace.ts';
export type { DeadLetter, DeadLetterQuery, DeadLetters } from './messages/dead-letters.ts';
export type { PendingMessage } from './messages/pending-message.ts';
export type {
  AgentTypeOptions,
  CloseOptions,
  Permissions,
  SendOptions,
  SupervisorOptions,
  TellOptions,
  ToolsOptions,
} from './options.ts';
export type { AgentInfo, AgentSummary, AwakeInfo, InboxInfo } from './statistics/agent-info.ts';
export type { MemoryReport } from './statistics/memory-report.ts';
export type { HostMemory, SupervisorStats } from './statistics/supervisor-stats.ts';
export { Supervisor } from './supervisor.ts';
