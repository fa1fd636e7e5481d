/**
 * WFE: a durable workflow engine that lives inside a Deno program. This entry is the core, without a store beyond
 * memory and without executors: `@wfe/engine/sqlite`, `@wfe/engine/yaml`, `@wfe/engine/shell` and
 * `@wfe/engine/script` add them.
 *
 * @module
 */
export { StepBuilder, WorkflowBuilder, type WorkflowOptions } from "./src/definition/builder.ts";
export type { StepDefinition, WorkflowDefinition } from "./src/definition/definition.ts";
export { type Duration, formatDuration, parseDuration } from "./src/definition/duration.ts";
export {
  ErrorBehavior,
  type ErrorPolicy,
  type RetryOptions,
  type RetryPolicy,
} from "./src/definition/error_behavior.ts";
export {
  InvalidDefinitionError,
  InvalidDurationError,
  InvalidJsonError,
  NonRetryableError,
  PayloadTooLargeError,
  RetryAfterError,
} from "./src/definition/errors.ts";
export type { StoredDefinition } from "./src/definition/hash.ts";
export { ExecutionResult, type Request } from "./src/definition/execution_result.ts";
export type { JsonObject, JsonValue } from "./src/definition/json.ts";
export type {
  StepBody,
  StepClass,
  StepExecutor,
  StepFunction,
  StepReturn,
} from "./src/definition/step_body.ts";
export type { LogStream, StepContext, StepLogger, WorkflowInfo } from "./src/definition/step_context.ts";
export { type Clock, systemClock } from "./src/engine/clock.ts";
export {
  DefinitionConflictError,
  HostStateError,
  RunStateError,
  StepInterruptedError,
  StepTimeoutError,
  UnknownWorkflowError,
  WorkflowEndedError,
} from "./src/engine/errors.ts";
export { type HostOptions, type StartOptions, type StopOptions, WorkflowHost } from "./src/engine/host.ts";
export { WorkflowHostBuilder } from "./src/engine/host_builder.ts";
export { type Random, systemRandom } from "./src/engine/random.ts";
export { RunHandle, type WaitOptions } from "./src/engine/run_handle.ts";
export type {
  ControlIntent,
  Instance,
  InstanceState,
  Mail,
  Pointer,
  StepFailure,
} from "./src/instance/instance.ts";
export type {
  LifecycleEvent,
  LifecycleEventBase,
  StepEvent,
  WorkflowEvent,
} from "./src/instance/lifecycle_event.ts";
export type { PointerStatus, WorkflowStatus } from "./src/instance/status.ts";
export type { Advance, Transition } from "./src/instance/transition.ts";
export { type MemoryOptions, MemoryPersistence } from "./src/memory/persistence.ts";
export type { StoreClock } from "./src/provider/clock.ts";
export {
  IdempotencyConflictError,
  LeaseLostError,
  RunExistsError,
  RunNotFoundError,
  StoreError,
  type StoreProblem,
} from "./src/provider/errors.ts";
export type {
  ClaimRequest,
  CommitOutcome,
  Created,
  HostInfo,
  LogLine,
  LogPage,
  Persistence,
  RunFilter,
  StoredLogLine,
} from "./src/provider/persistence.ts";
