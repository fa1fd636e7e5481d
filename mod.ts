/**
 * WFE: a durable workflow engine that lives inside a Deno program. This entry is the core, without a store beyond
 * memory and without executors: `@wfe/engine/sqlite`, `@wfe/engine/yaml`, `@wfe/engine/shell`,
 * `@wfe/engine/script`, `@wfe/engine/http` and `@wfe/engine/executor` add them.
 *
 * @module
 */
export type { Attributes, AttributeValue } from "./src/definition/attributes.ts";
export {
  type AddedStep,
  type Body,
  type Branch,
  type BranchBuilder,
  type BranchFunction,
  type CancelWhenOptions,
  type ChainEnd,
  type CompensateOptions,
  type DecideBuilder,
  type ExecutorStep,
  type ForEachOptions,
  type IfBuilder,
  type OutputKey,
  type OutputOf,
  type ParallelBranches,
  type ParallelBuilder,
  type ParallelOptions,
  type SagaOptions,
  type StepBuilder,
  type Verbs,
  type WaitForOptions,
  WorkflowBuilder,
  type WorkflowBuilderConstructor,
  type WorkflowOptions,
} from "./src/definition/builder.ts";
export { checkDefinition } from "./src/definition/check.ts";
export type { Expression, OutputMapping, Scope } from "./src/definition/code.ts";
export {
  type CodeRole,
  type History,
  type LockDefinition,
  type Outcome,
  type Primitive,
  primitives,
  type StepDefinition,
  type UndoDefinition,
  type WorkflowDefinition,
} from "./src/definition/definition.ts";
export { type Duration, formatDuration, parseDuration } from "./src/definition/duration.ts";
export {
  type Consequence,
  ErrorBehavior,
  type ErrorPolicy,
  type RetryOptions,
  type RetryPolicy,
} from "./src/definition/error_behavior.ts";
export {
  InvalidAttributesError,
  InvalidDefinitionError,
  InvalidDurationError,
  InvalidInputError,
  InvalidJsonError,
  InvalidTextError,
  NonRetryableError,
  PayloadTooLargeError,
  RetryAfterError,
  WaitTimeoutError,
} from "./src/definition/errors.ts";
export {
  ExecutionResult,
  type Request,
  type WaitForEventOptions,
} from "./src/definition/execution_result.ts";
export type { StoredDefinition } from "./src/definition/hash.ts";
export type { JsonObject, JsonValue } from "./src/definition/json.ts";
export type { Lock, LockOptions, StepLockOptions } from "./src/definition/lock.ts";
export type { PayloadLimits } from "./src/definition/payload_limits.ts";
export type {
  LineMask,
  SecretResolver,
  Secrets,
  SecretSource,
  SecretSources,
} from "./src/definition/secrets.ts";
export type {
  SchemaIssue,
  SchemaResult,
  StandardSchema,
  StandardSchemaProperties,
} from "./src/definition/standard_schema.ts";
export type {
  StepBody,
  StepClass,
  StepExecutor,
  StepFunction,
  StepReturn,
} from "./src/definition/step_body.ts";
export type {
  ActivationError,
  LogStream,
  PublishOptions,
  ReceivedEvent,
  StepContext,
  StepLogger,
  UndoneActivation,
  WorkflowInfo,
} from "./src/definition/step_context.ts";
export { type Clock, systemClock } from "./src/engine/clock.ts";
export {
  DefinitionConflictError,
  HostStateError,
  LockTimeoutError,
  MigrationError,
  RevisionRefusedError,
  RunStateError,
  SearchIndexError,
  StepInterruptedError,
  StepTimeoutError,
  TooManyLocksError,
  UnknownWorkflowError,
  WorkflowEndedError,
} from "./src/engine/errors.ts";
export { type PurgeOptions, type StopOptions, WorkflowHost } from "./src/engine/host.ts";
export { WorkflowHostBuilder } from "./src/engine/host_builder.ts";
export type { HostLimits, HostOptions } from "./src/engine/host_options.ts";
export type { Middleware, StartRequest } from "./src/engine/middleware.ts";
export type { StepNote } from "./src/engine/note_writer.ts";
export { type Random, systemRandom } from "./src/engine/random.ts";
export { SecretExposedError } from "./src/engine/refuse_secrets.ts";
export { type RefreshedSearch, type RefreshOptions, refreshSearch } from "./src/engine/refresh_search.ts";
export type { Versions } from "./src/engine/registry.ts";
export { RunHandle, type WaitOptions } from "./src/engine/run_handle.ts";
export type { StartOptions } from "./src/engine/start_run.ts";
export type { ListedWorkflow, WorkflowView } from "./src/engine/workflow_view.ts";
export type {
  Closing,
  ControlIntent,
  ControlMessage,
  Ending,
  EventIdentity,
  EventMessage,
  EventWait,
  Instance,
  Join,
  Mail,
  Message,
  Pointer,
  PublishedEvent,
  StepFailure,
} from "./src/instance/instance.ts";
export type { InstanceState } from "./src/instance/instance_state.ts";
export type {
  LifecycleEvent,
  LifecycleEventBase,
  StepEvent,
  WorkflowEvent,
} from "./src/instance/lifecycle_event.ts";
export { PointerTable } from "./src/instance/pointer_table.ts";
export { type RunSummary, runSummary, summarize, type ToldFailure } from "./src/instance/run_summary.ts";
export type { SearchDocument } from "./src/instance/search_document.ts";
export type { PointerStatus, WorkflowStatus } from "./src/instance/status.ts";
export type {
  Advance,
  BranchScope,
  Fence,
  NewEvent,
  Subscription,
  TakenEvent,
  Transition,
} from "./src/instance/transition.ts";
export { MemoryLifecycle, type MemoryLifecycleOptions } from "./src/memory/lifecycle.ts";
export { MemoryLock } from "./src/memory/lock.ts";
export { type MemoryOptions, MemoryPersistence } from "./src/memory/persistence.ts";
export { MemoryQueue, type MemoryQueueOptions } from "./src/memory/queue.ts";
export { MemorySearch } from "./src/memory/search.ts";
export type { StoreClock } from "./src/provider/clock.ts";
export {
  IdempotencyConflictError,
  InvalidSearchError,
  LeaseLostError,
  LockLostError,
  RunExistsError,
  RunNotFoundError,
  StoreError,
  type StoreProblem,
} from "./src/provider/errors.ts";
export type { FeedEntry, LifecycleFeed, LifecyclePublisher } from "./src/provider/lifecycle.ts";
export type { Acquired, LockProvider, LockRequest, StoreLock } from "./src/provider/lock.ts";
export type {
  Claimable,
  ClaimRequest,
  CommitOutcome,
  Created,
  DefinitionContent,
  DirtyRun,
  HostInfo,
  LogLine,
  LogPage,
  NewNote,
  OutboxEntry,
  Persistence,
  ProgressNote,
  PublishOutcome,
  PurgeFilter,
  RunFilter,
  SinkKind,
  StoredLogLine,
} from "./src/provider/persistence.ts";
export type { QueueEntry, QueueProvider } from "./src/provider/queue.ts";
export type {
  SearchFilters,
  SearchIndex,
  SearchPage,
  SearchQuery,
  SearchSort,
} from "./src/provider/search.ts";
