import { canonicalJson, deepFreeze } from "../definition/canonical_json.ts";
import type { WorkflowDefinition } from "../definition/definition.ts";
import { type Duration, parseDuration } from "../definition/duration.ts";
import { sha256 } from "../definition/hash.ts";
import type { JsonObject } from "../definition/json.ts";
import type { StepExecutor } from "../definition/step_body.ts";
import { idRule, isValidId } from "../definition/validate.ts";
import { retryInstance, terminateInstance } from "../instance/control.ts";
import type { ControlIntent, Instance, InstanceState, Pointer } from "../instance/instance.ts";
import type { LifecycleEvent } from "../instance/lifecycle_event.ts";
import { startInstance } from "../instance/start.ts";
import { isEnded } from "../instance/status.ts";
import type { Advance, Moment } from "../instance/transition.ts";
import { IdempotencyConflictError, RunNotFoundError, StoreError } from "../provider/errors.ts";
import type { HostInfo, LogLine, Persistence, RunFilter } from "../provider/persistence.ts";
import { ClaimLoop } from "./claim_loop.ts";
import { type Clock, pause } from "./clock.ts";
import { Committer } from "./committer.ts";
import { HostStateError, RunStateError } from "./errors.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Listeners } from "./listeners.ts";
import { LogWriter } from "./log_writer.ts";
import { Orphans } from "./orphans.ts";
import { newId, type Random } from "./random.ts";
import { Registry } from "./registry.ts";
import { RunHandle } from "./run_handle.ts";
import { RunnerPool } from "./runner_pool.ts";
import { StoreRetry } from "./store_retry.ts";
import { Waiters } from "./waiters.ts";

/** Runs held in memory at once by one host. */
const mostRuns = 1_000;

/** How a host is wired. Made by {@linkcode WorkflowHostBuilder}. */
export interface HostOptions {
  /** Where runs are kept. */
  readonly persistence: Persistence;
  /** Runs the steps that are not code. */
  readonly executors: readonly StepExecutor[];
  /** Where the engine takes time from. */
  readonly clock: Clock;
  /** Where the engine takes chance from. */
  readonly random: Random;
  /** Whether to claim only the runs that were started or taken up through this host. */
  readonly ownRunsOnly: boolean;
}

/** Options of {@linkcode WorkflowHost.startWorkflow}. */
export interface StartOptions {
  /**
   * Version of the definition.
   * @default the newest registered
   */
  readonly version?: number;
  /**
   * Id of the run.
   * @default a new one that sorts by age
   */
  readonly runId?: string;
  /** A name of the caller's, to find the run by. */
  readonly reference?: string;
  /** The same key starts one run only, however often it is used. */
  readonly idempotencyKey?: string;
}

/** Options of {@linkcode WorkflowHost.stop}. */
export interface StopOptions {
  /**
   * How long running steps may go on before their signals abort.
   * @default "30s"
   */
  readonly grace?: Duration | 0;
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
  readonly #options: HostOptions;
  readonly #registry: Registry;
  readonly #events = new Listeners<LifecycleEvent>();
  readonly #log = new Listeners<LogLine>();
  readonly #troubles = new Listeners<StoreError>();
  readonly #retry: StoreRetry;
  readonly #logs: LogWriter;
  readonly #heartbeat: Heartbeat;
  readonly #pool: RunnerPool;
  readonly #loop: ClaimLoop;
  readonly #waiters: Waiters;
  readonly #ownRuns = new Set<string>();
  #phase: "new" | "starting" | "running" | "stopping" | "stopped" = "new";
  #start: Promise<void> | null = null;
  readonly #orphans: Orphans;
  #stop: Promise<void> | null = null;

  /** Made by {@linkcode WorkflowHostBuilder.build}. */
  constructor(options: HostOptions) {
    const { persistence, executors, clock, random } = options;
    this.#options = options;
    this.#registry = new Registry(executors);
    this.#retry = new StoreRetry(clock, this.#troubles);
    this.#logs = new LogWriter(persistence, clock, this.#retry, this.#log);
    const committer = new Committer(persistence, this.#retry);
    this.#waiters = new Waiters({ persistence, clock, isHere: (runId) => this.#pool.has(runId) });
    this.#heartbeat = new Heartbeat({
      persistence,
      clock,
      troubles: this.#troubles,
      newHost: () => this.#newHost(),
      fenced: () => this.#pool.abandonAll(),
    });
    this.#pool = new RunnerPool({
      persistence,
      committer,
      logs: this.#logs,
      registry: this.#registry,
      events: this.#events,
      clock,
      random,
    }, {
      left: (runId, nextWake) => {
        this.#waiters.notify(runId);
        if (nextWake !== null) this.#loop.wakeAt(nextWake);
        this.#loop.makeRoom();
      },
      lost: (runId, error) => {
        const forGood = error instanceof StoreError && !error.retryable;
        // Running its step again and again would repeat its effects without ever recording them.
        this.#orphans.add(runId, forGood ? `the store refused its last transition: ${error.message}` : null);
        if (forGood) this.#waiters.fail(runId, error);
        else this.#waiters.notify(runId);
        this.#loop.wake();
      },
    });
    this.#orphans = new Orphans({
      persistence,
      isMine: (instance) => instance.owner === this.#heartbeat.incarnation && !this.#pool.has(instance.id),
      moment: () => this.#moment(),
      freed: (runId) => this.#waiters.notify(runId),
    });
    this.#loop = new ClaimLoop({
      persistence,
      clock,
      random,
      troubles: this.#troubles,
      incarnation: () => this.#heartbeat.incarnation,
      room: () => mostRuns - this.#pool.size,
      only: () => options.ownRunsOnly ? [...this.#ownRuns] : null,
      take: (claimed) => claimed.forEach((advance) => this.#pool.take(advance)),
      tidy: () => this.#orphans.free(),
      refused: (error) => this.#waiters.failAll(error),
    });
  }

  /**
   * Makes a definition known, with the code of its steps. Runs that were parked for want of it become due.
   *
   * @throws {DefinitionConflictError} when another content has this id and version
   */
  registerWorkflow<Data>(definition: WorkflowDefinition<Data>): void {
    this.#registry.register(definition);
    if (this.#phase === "running") void this.#unpark(definition.id);
  }

  /** Begins to run workflows. */
  async start(): Promise<void> {
    if (this.#phase !== "new") {
      throw new HostStateError(`Cannot start a host that is ${this.#phase}: build a new one`);
    }
    this.#phase = "starting";
    this.#start = this.#begin();
    await this.#start;
  }

  async #begin(): Promise<void> {
    await this.#heartbeat.start();
    this.#phase = "running";
    if (!this.#options.ownRunsOnly) await Promise.all(this.#registry.ids.map((id) => this.#unpark(id)));
    this.#loop.start();
  }

  /**
   * Takes no further work, waits for running steps up to the grace period, interrupts those that still run, and
   * lets all runs go, so that another host can take them at once.
   */
  stop(options: StopOptions = {}): Promise<void> {
    const { grace = "30s" } = options;
    this.#stop ??= this.#shutDown(grace === 0 ? 0 : parseDuration(grace));
    return this.#stop;
  }

  async #shutDown(grace: number): Promise<void> {
    await this.#start?.catch(() => {});
    const started = this.#phase === "running";
    this.#phase = "stopping";
    if (started) {
      await this.#loop.stop();
      const drained = new AbortController();
      const left = this.#pool.drain().finally(() => drained.abort());
      if (grace > 0) await pause(this.#options.clock, grace, drained.signal);
      this.#pool.interrupt("stop");
      this.#retry.giveUp();
      await left;
      await this.#logs.flushAll();
      await this.#heartbeat.stop();
    }
    this.#phase = "stopped";
    this.#waiters.close(new HostStateError("Cannot wait for a run: the host is stopped"));
  }

  /** Stops with the default grace period. The persistence provider stays open: it belongs to who opened it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * Starts a run; when the promise resolves it is stored and will be finished whatever happens to this process.
   *
   * @throws {UnknownWorkflowError} when the definition is not registered
   * @throws {RunExistsError} when there is a run with this id
   * @throws {IdempotencyConflictError} when the key was used with other data
   */
  async startWorkflow<Data = JsonObject>(
    definitionId: string,
    data?: Data,
    options: StartOptions = {},
  ): Promise<RunHandle<Data>> {
    const { persistence, random } = this.#options;
    const registration = this.#registry.find(definitionId, options.version);
    const runId = options.runId ?? newId(persistence.now(), random);
    if (!isValidId(runId)) {
      throw new TypeError(
        `Cannot start a run: its id must have ${idRule}, received ${JSON.stringify(runId)}`,
      );
    }
    const input = canonicalJson(data ?? {}, "data");
    const inputHash = sha256(input);
    await this.#registry.save(registration, persistence);
    const runsHere = this.#phase === "running" && this.#pool.size < mostRuns;
    const advance = startInstance({
      id: runId,
      definition: registration.definition,
      definitionHash: registration.stored.hash,
      data: deepFreeze(JSON.parse(input)),
      inputHash,
      vars: registration.vars,
      reference: options.reference ?? null,
      idempotencyKey: options.idempotencyKey ?? null,
      owner: runsHere ? this.#heartbeat.incarnation : null,
    }, this.#moment());
    // The run may be there though its creation failed: it must not stay with a host that does not run it.
    const { instance, existed } = await persistence.create(advance.transition).catch((error) => {
      this.#orphans.add(runId, null);
      throw error;
    });
    if (existed && (instance.inputHash !== inputHash || instance.definitionId !== definitionId)) {
      throw new IdempotencyConflictError(options.idempotencyKey!, instance.id);
    }
    this.#ownRuns.add(instance.id);
    const stillHere = this.#phase === "running" && instance.owner === this.#heartbeat.incarnation;
    if (!existed && stillHere) this.#pool.take(advance);
    else this.#loop.wake();
    return this.getHandle<Data>(instance.id);
  }

  /** A handle on a run, whether it exists or not. */
  getHandle<Data = JsonObject>(runId: string): RunHandle<Data> {
    return new RunHandle<Data>(runId, this.#options.persistence, this.#waiters);
  }

  /** Asks a run to pause: a running step ends and is recorded, the next does not begin. */
  suspendWorkflow(runId: string, reason?: string): Promise<void> {
    return this.#send(runId, "suspend", reason);
  }

  /** Lets a suspended run go on; takes up one that was interrupted. */
  resumeWorkflow(runId: string): Promise<void> {
    return this.#send(runId, "resume");
  }

  /** Ends a run as Cancelled, after its running steps have been interrupted. */
  cancelWorkflow(runId: string, reason?: string): Promise<void> {
    return this.#send(runId, "cancel", reason);
  }

  /** Ends a run as Terminated at once, whoever runs it: what its running steps still do is not recorded. */
  async terminateWorkflow(runId: string, reason?: string): Promise<void> {
    await this.#change(
      runId,
      "terminate",
      (state) =>
        isEnded(state.instance.status) ? null : terminateInstance(state, reason ?? null, this.#moment()),
    );
    this.#pool.abandon(runId);
  }

  /** Opens a Failed, Terminated or Cancelled run again, from the step that failed or was cut short. */
  async retryWorkflow(runId: string): Promise<void> {
    this.#ownRuns.add(runId);
    await this.#change(runId, "retry", (state) => {
      const { status } = state.instance;
      return isEnded(status) && status !== "Complete" ? retryInstance(state, this.#moment()) : null;
    });
    this.#loop.wake();
  }

  /** A run, or null. */
  getWorkflow(runId: string): Promise<Instance | null> {
    return this.#options.persistence.get(runId);
  }

  /** The activations of a run, in the order of creation. */
  getPointers(runId: string): Promise<readonly Pointer[]> {
    return this.#options.persistence.pointers(runId);
  }

  /** Runs, newest first. */
  listWorkflows(filter: Partial<RunFilter> = {}): Promise<readonly Instance[]> {
    return this.#options.persistence.list({ limit: 100, ...filter });
  }

  /** Calls back for what this host has recorded, until disposed. */
  onEvent(listener: (event: LifecycleEvent) => void): Disposable {
    return this.#events.add(listener);
  }

  /** Calls back for every line that steps print on this host, until disposed. */
  onLog(listener: (line: LogLine) => void): Disposable {
    return this.#log.add(listener);
  }

  /** Calls back when the store could not do its work. Where that may pass, the host goes on trying. */
  onTrouble(listener: (error: StoreError) => void): Disposable {
    return this.#troubles.add(listener);
  }

  async #send(runId: string, intent: ControlIntent, reason?: string): Promise<void> {
    const instance = await this.#options.persistence.get(runId);
    if (!instance) throw new RunNotFoundError(runId);
    if (isEnded(instance.status)) throw new RunStateError(intent, runId, instance.status);
    this.#ownRuns.add(runId);
    await this.#options.persistence.send(runId, intent, reason ?? null);
    await this.#pool.notify(runId);
    this.#loop.wake();
  }

  async #change(
    runId: string,
    verb: string,
    change: (state: InstanceState) => Advance | null,
  ): Promise<void> {
    const { persistence } = this.#options;
    const advance = await persistence.change(runId, change);
    if (!advance) throw new RunStateError(verb, runId, (await persistence.get(runId))!.status);
    advance.transition.events.forEach((event) => this.#events.tell(event));
    this.#waiters.notify(runId);
  }

  async #unpark(definitionId: string): Promise<void> {
    try {
      await this.#retry.run(() => this.#options.persistence.unpark(definitionId));
      this.#loop.wake();
    } catch {
      // Those who listen for troubles have been told.
    }
  }

  #moment(): Moment {
    const { persistence, random } = this.#options;
    return { now: persistence.now(), random: random.number(), begin: false };
  }

  #newHost(): HostInfo {
    const { persistence, random } = this.#options;
    return { incarnation: newId(persistence.now(), random), pid: Deno.pid };
  }
}
