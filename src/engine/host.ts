import { type Duration, parseDuration } from "../definition/duration.ts";
import type { WorkflowDefinition } from "../definition/definition.ts";
import type { JsonObject, JsonValue } from "../definition/json.ts";
import type { Lock, LockOptions } from "../definition/lock.ts";
import type { StepClass, StepExecutor, StepFunction } from "../definition/step_body.ts";
import { toStepFunction } from "../definition/builder/body.ts";
import type { PublishOptions } from "../definition/step_context.ts";
import { retryInstance, terminateInstance } from "../flow/control.ts";
import type { Program } from "../flow/program.ts";
import type { ControlIntent, Instance, Pointer } from "../instance/instance.ts";
import type { InstanceState } from "../instance/instance_state.ts";
import type { LifecycleEvent } from "../instance/lifecycle_event.ts";
import { isEnded } from "../instance/status.ts";
import type { Advance } from "../instance/transition.ts";
import { RunNotFoundError, type StoreError } from "../provider/errors.ts";
import type { LogLine, PurgeFilter, RunFilter } from "../provider/persistence.ts";
import type { SearchPage, SearchQuery } from "../provider/search.ts";
import { checkRunFilter, checkTime } from "./check_options.ts";
import { Engine } from "./engine.ts";
import { RunStateError, type SearchIndexError } from "./errors.ts";
import type { HostOptions } from "./host_options.ts";
import { migrateRun } from "./migrate_run.ts";
import { newEvent } from "./new_event.ts";
import { reasonOf } from "./reason.ts";
import { type MissingProgram, unreadableProgram } from "./registry.ts";
import type { StepNote } from "./note_writer.ts";
import { RunHandle } from "./run_handle.ts";
import { type StartOptions, startRun } from "./start_run.ts";
import { type ListedWorkflow, listRuns, viewRun, type WorkflowView } from "./workflow_view.ts";

/** Options of {@linkcode WorkflowHost.stop}. */
export interface StopOptions {
  /**
   * How long running steps may go on before their signals abort.
   * @default "30s"
   */
  readonly grace?: Duration | 0;
}

/** Options of {@linkcode WorkflowHost.purgeWorkflows}. */
export interface PurgeOptions extends Partial<PurgeFilter> {
  /** Only runs that ended longer ago than this. */
  readonly olderThan?: Duration;
}

/**
 * The running engine in a process: takes due runs from the store and runs their steps.
 *
 * @example
 * ```ts
 * import { WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";
 * import { SqliteProvider } from "@wfe/engine/sqlite";
 *
 * const greet = new WorkflowBuilder<{ name: string }>()
 *   .startWith((ctx) => ctx.set({ name: ctx.data.name.toUpperCase() })).name("Shout")
 *   .build("greet", 1);
 *
 * await using store = await SqliteProvider.open(":memory:");
 * await using host = new WorkflowHostBuilder().usePersistence(store).build();
 * host.registerWorkflow(greet);
 * await host.start();
 * const run = await host.startWorkflow("greet", { name: "ada" });
 * await run.result();
 * ```
 */
export class WorkflowHost implements AsyncDisposable {
  readonly #engine: Engine;

  /** Made by {@linkcode WorkflowHostBuilder.build}. */
  constructor(options: HostOptions) {
    this.#engine = new Engine(options);
  }

  /**
   * Makes a definition known, with the code of its steps. Runs that were parked for want of it become due.
   *
   * @throws {InvalidDefinitionError} when it cannot run, or a step's config does not fit its executor's schema
   * @throws {DefinitionConflictError} when another content has this id and version
   */
  registerWorkflow<Data>(definition: WorkflowDefinition<Data>): void {
    this.#engine.registry.register(definition);
    this.#engine.codeHasCome();
  }

  /** Makes the code for steps of a type known, for definitions that come without it, from YAML for instance. */
  registerStep(type: string, body: StepClass<JsonObject> | StepFunction<JsonObject>): void {
    this.#engine.registry.registerStep(type, toStepFunction(body));
    this.#engine.codeHasCome();
  }

  /**
   * Makes the executor of one more type known, as {@linkcode WorkflowHostBuilder.useExecutor} does before the host is
   * made.
   *
   * @throws {InvalidDefinitionError} when a definition that is registered has a step that does not fit its schema
   */
  registerExecutor(executor: StepExecutor): void {
    this.#engine.registry.registerExecutor(executor);
    this.#engine.codeHasCome();
  }

  /** Begins to run workflows. */
  start(): Promise<void> {
    return this.#engine.start();
  }

  /**
   * Takes no further work, waits for running steps up to the grace period, interrupts those that still run, and
   * lets all runs go, so that another host can take them at once.
   *
   * @throws {InvalidDurationError} when the grace period is none; the host goes on
   */
  async stop(options: StopOptions = {}): Promise<void> {
    const { grace = "30s" } = options;
    await this.#engine.stop(grace === 0 ? 0 : parseDuration(grace));
  }

  /** Stops with the default grace period. The persistence provider stays open: it belongs to who opened it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * Starts a run; when the promise resolves it is stored and will be finished whatever happens to this process.
   *
   * @throws {UnknownWorkflowError} when the definition is not registered
   * @throws {TypeError} when the data is no object, or an id is none
   * @throws {InvalidTextError} when a reference or a key is none
   * @throws {InvalidAttributesError} when it cannot have these attributes
   * @throws {InvalidInputError} when the workflow's input schema refuses the data
   * @throws {PayloadTooLargeError} when the data is larger than the host's limit
   * @throws {RunExistsError} when there is a run with this id
   * @throws {IdempotencyConflictError} when the key was used with other data
   * @throws {RevisionRefusedError} when the definition has changed and the host is strict
   */
  async startWorkflow<Data = JsonObject>(
    definitionId: string,
    data?: Data,
    options: StartOptions = {},
  ): Promise<RunHandle<Data>> {
    return this.getHandle<Data>(
      await startRun(this.#engine, definitionId, data === undefined ? {} : data, options),
    );
  }

  /** A handle on a run, whether it exists or not. */
  getHandle<Data = JsonObject>(runId: string): RunHandle<Data> {
    return new RunHandle<Data>(runId, {
      persistence: this.#engine.persistence,
      waiters: this.#engine.waiters,
      cancel: (reason) => this.cancelWorkflow(runId, reason),
    });
  }

  /**
   * Publishes an event: every run that waits for this name and key, or comes to wait for it later, gets it. When the
   * promise resolves it is stored.
   *
   * @throws {InvalidTextError} when its name, key or message id is no text of at most 1,024 bytes in UTF-8
   * @throws {RangeError} when its time is none
   * @throws {PayloadTooLargeError} when its data is larger than the host's limit
   *
   * @example
   * ```ts
   * import { WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";
   *
   * const order = new WorkflowBuilder<{ id: string }>()
   *   .startWith(() => {}).name("Begin")
   *   .waitFor("paid", (data) => data.id).name("Paid")
   *   .build("order", 1);
   * await using host = new WorkflowHostBuilder().build();
   * host.registerWorkflow(order);
   * await host.start();
   * const run = await host.startWorkflow("order", { id: "42" });
   * await host.publishEvent("paid", "42", { amount: 10 }, { messageId: "payment-7" });
   * await run.result();
   * ```
   */
  async publishEvent(
    name: string,
    key: string,
    data?: JsonValue,
    options: PublishOptions = {},
  ): Promise<void> {
    const { persistence, payloads } = this.#engine;
    const { woken } = await persistence.publish(newEvent(name, key, data, options, payloads.data));
    this.#engine.deliver(woken);
  }

  /**
   * Takes a lock; waits until it is free. The same locks as `ctx.lock`: a name is locked by one step, or program, at a
   * time. It is renewed until it is disposed of.
   *
   * @param name what is locked, on all hosts: 1 to 1,024 bytes in UTF-8
   * @throws the signal's reason when that aborts first
   *
   * @example
   * ```ts
   * import { WorkflowHostBuilder } from "@wfe/engine";
   *
   * await using host = new WorkflowHostBuilder().build();
   * await using lock = await host.lock("nightly report", { ttl: "10s" });
   * lock.signal.throwIfAborted();
   * ```
   */
  lock(name: string, options: LockOptions = {}): Promise<Lock & AsyncDisposable> {
    return this.#engine.locks.take(name, options);
  }

  /** Asks a run to pause: running steps end and are recorded, the next do not begin. */
  suspendWorkflow(runId: string, reason?: string): Promise<void> {
    return this.#send(runId, "suspend", reason);
  }

  /** Lets a suspended run go on; takes up one that was interrupted. */
  resumeWorkflow(runId: string): Promise<void> {
    return this.#send(runId, "resume");
  }

  /** Ends a run as Cancelled, after its running steps have been interrupted and its open sagas undone. */
  cancelWorkflow(runId: string, reason?: string): Promise<void> {
    return this.#send(runId, "cancel", reason);
  }

  /** Ends a run as Terminated at once, whoever runs it: what its running steps still do is not recorded. */
  terminateWorkflow(runId: string, reason?: string): Promise<void> {
    return this.#change(
      runId,
      "terminate",
      (state, program) =>
        isEnded(state.instance.status)
          ? null
          : terminateInstance(state, program, reasonOf(reason), this.#engine.moment()),
      unreadableProgram,
    );
  }

  /** Opens a Failed, Terminated or Cancelled run again, from the step that failed or was cut short. */
  retryWorkflow(runId: string): Promise<void> {
    return this.#change(runId, "retry", (state, program) => {
      const { status } = state.instance;
      return isEnded(status) && status !== "Complete"
        ? retryInstance(state, program, this.#engine.moment())
        : null;
    });
  }

  /**
   * Moves a run to another version of its definition, or to the newest content of its own. What the run still needs must
   * be there too, under the same step keys: what is open, and in a container that has not ended the last step of each
   * branch that has, for its result. Running steps are interrupted and start again.
   *
   * @throws {MigrationError} when it does not fit
   */
  async migrateWorkflow(
    runId: string,
    options: { readonly version?: number } = {},
  ): Promise<void> {
    const advance = await migrateRun(this.#engine, runId, options.version);
    this.#engine.ownRuns.add(runId);
    this.#engine.changed(advance);
  }

  /** A run, or null. */
  getWorkflow(runId: string): Promise<WorkflowView | null> {
    return viewRun(this.#engine.persistence, runId);
  }

  /** The activations kept of a run, in the order of creation: of loops the last iterations, see `history`. */
  getPointers(runId: string): Promise<readonly Pointer[]> {
    return this.#engine.persistence.pointers(runId);
  }

  /**
   * Runs, newest first, 100 unless said. Give the last one as `after` for the next page, which stays stable while runs
   * are started.
   *
   * @throws {RangeError} when `limit` is no whole number from 1 to 1,000, or a time is none
   */
  async listWorkflows(filter: Partial<RunFilter> = {}): Promise<readonly ListedWorkflow[]> {
    const asked = { ...filter, limit: filter.limit ?? 100 };
    checkRunFilter(asked);
    return await listRuns(this.#engine.persistence, asked);
  }

  /**
   * The runs in which all terms are found, in a page: see {@linkcode SearchIndex.search}. An index may lag behind.
   *
   * @throws {HostStateError} when the host has no search index
   * @throws {InvalidSearchError} when the search cannot be understood
   * @throws {StoreError} when the index cannot be used
   */
  async search(terms: string, query: SearchQuery = {}): Promise<SearchPage> {
    return await this.#engine.search.search(terms, query);
  }

  /**
   * Deletes ended runs with all that belongs to them; returns how many. Their ids and idempotency keys are free.
   *
   * @throws {RangeError} when `endedBefore` is no time
   * @throws {InvalidDurationError} when `olderThan` is no duration
   */
  async purgeWorkflows({ olderThan, ...filter }: PurgeOptions = {}): Promise<number> {
    checkTime("purge runs", "endedBefore", filter.endedBefore);
    const { persistence } = this.#engine;
    const now = persistence.now();
    const endedBefore = filter.endedBefore ??
      (olderThan === undefined ? now + 1 : now - parseDuration(olderThan));
    let purged = 0;
    for (let last = -1; last !== 0; purged += last) {
      last = await persistence.purge({ ...filter, endedBefore }, 100);
    }
    return purged;
  }

  /**
   * Closes a lifecycle sink that is configured no more on any host: what is kept for it is gone, and nothing is kept
   * from now on. Does nothing where it is not open.
   *
   * @throws {HostStateError} when this host feeds it
   */
  closeLifecycle(name: string): Promise<void> {
    return this.#engine.closeSink(name);
  }

  /** Calls back for what this host has recorded, until disposed. */
  onEvent(listener: (event: LifecycleEvent) => void): Disposable {
    return this.#engine.events.add(listener);
  }

  /** Calls back for every line that steps print on this host, until disposed. */
  onLog(listener: (line: LogLine) => void): Disposable {
    return this.#engine.log.add(listener);
  }

  /** Calls back for every `ctx.setStatus` of a step on this host, until disposed. */
  onNote(listener: (note: StepNote) => void): Disposable {
    return this.#engine.said.add(listener);
  }

  /** Calls back when the store could not do its work. Where that may pass, the host goes on trying. */
  onTrouble(listener: (error: StoreError) => void): Disposable {
    return this.#engine.troubles.add(listener);
  }

  /** Calls back when the search index could not take what has changed, which is kept and tried again. */
  onSearchTrouble(listener: (error: SearchIndexError) => void): Disposable {
    return this.#engine.searchTroubles.add(listener);
  }

  async #send(runId: string, intent: ControlIntent, reason?: string): Promise<void> {
    const { persistence, registry, ownRuns } = this.#engine;
    const instance = await persistence.get(runId);
    if (!instance) throw new RunNotFoundError(runId);
    if (isEnded(instance.status)) throw new RunStateError(intent, runId, instance.status);
    await persistence.send(runId, { kind: intent, reason: reasonOf(reason) });
    ownRuns.add(runId);
    registry.lookAgain(instance.definitionHash);
    this.#engine.deliver([runId]);
  }

  async #change(
    runId: string,
    verb: string,
    change: (state: InstanceState, program: Program) => Advance | null,
    otherwise?: (instance: Instance) => Program,
  ): Promise<void> {
    const { persistence, registry, ownRuns } = this.#engine;
    const instance = await persistence.get(runId);
    if (!instance) throw new RunNotFoundError(runId);
    const found = await registry.programOf(instance, persistence);
    const program = "reason" in found ? otherwise?.(instance) : found;
    if (!program) throw new Error(`Cannot ${verb} run ${runId}: ${(found as MissingProgram).reason}`);
    const advance = await persistence.change(runId, (state) => change(state, program));
    if (!advance) throw new RunStateError(verb, runId, (await persistence.get(runId))!.status);
    ownRuns.add(runId);
    registry.lookAgain(instance.definitionHash);
    this.#engine.changed(advance);
  }
}
