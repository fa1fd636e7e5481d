import type { PayloadLimits } from "../definition/payload_limits.ts";
import type { Moment } from "../instance/transition.ts";
import type { Advance } from "../instance/transition.ts";
import type { LifecycleEvent } from "../instance/lifecycle_event.ts";
import type { Instance } from "../instance/instance.ts";
import { isEnded } from "../instance/status.ts";
import { LeaseLostError, LockLostError, StoreError } from "../provider/errors.ts";
import type { HostInfo, LogLine, Persistence } from "../provider/persistence.ts";
import type { SearchIndex } from "../provider/search.ts";
import { ClaimLoop, longestSweep, lookPause } from "./claim_loop.ts";
import { pause } from "./clock.ts";
import { Committer } from "./committer.ts";
import { HostStateError, SearchIndexError } from "./errors.ts";
import { Heartbeat } from "./heartbeat.ts";
import { HeldRuns } from "./held_runs.ts";
import { holdingClock } from "./held_clock.ts";
import type { HostOptions } from "./host_options.ts";
import { Housekeeping } from "./housekeeping.ts";
import { LifecycleFeed } from "./lifecycle_feed.ts";
import { Listeners } from "./listeners.ts";
import { Locks } from "./locks.ts";
import { LogWriter } from "./log_writer.ts";
import { Middlewares } from "./middleware.ts";
import { NoteWriter, type StepNote } from "./note_writer.ts";
import { Orphans } from "./orphans.ts";
import { Pardons } from "./pardons.ts";
import { ParkedRuns } from "./parked_runs.ts";
import { ProcessStops } from "./process_stops.ts";
import { QueuedWork } from "./queued_work.ts";
import { newId } from "./random.ts";
import { Registry } from "./registry.ts";
import { RunnerPool } from "./runner_pool.ts";
import { SearchFeed } from "./search_feed.ts";
import { type SinkFeed, SinkPump } from "./sink_pump.ts";
import { Slots } from "./slots.ts";
import { StoreRetry } from "./store_retry.ts";
import { telemetry } from "./telemetry.ts";
import { Waiters } from "./waiters.ts";

/** A place among the runs that a host holds. */
export interface PlaceForNew extends Disposable {
  /** The incarnation that owns what is started in it. */
  readonly owner: string;
}

/** The machinery of a host: claims due runs, runs their steps, keeps its lease, and tells who waits or listens. */
export class Engine {
  /** Where runs are kept. */
  readonly persistence: Persistence;
  /** How large may be what is kept. */
  readonly payloads: PayloadLimits;
  /** Definitions and code. */
  readonly registry: Registry;
  /** What is around starts, steps and ends. */
  readonly middlewares: Middlewares;
  /** Hear of what was recorded here. */
  readonly events = new Listeners<LifecycleEvent>();
  /** Hear what steps print here. */
  readonly log = new Listeners<LogLine>();
  /** Hear how far steps say they are here. */
  readonly said = new Listeners<StepNote>();
  /** Hear of a store in trouble. */
  readonly troubles = new Listeners<StoreError>();
  /** Takes locks. */
  readonly locks: Locks;
  /** Hear of a search index in trouble. */
  readonly searchTroubles = new Listeners<SearchIndexError>();
  /** Callers that wait for runs. */
  readonly waiters: Waiters;
  /** The runs that may be claimed where not all may. */
  readonly ownRuns = new Set<string>();
  readonly #options: HostOptions;
  readonly #retry: StoreRetry;
  readonly #logs: LogWriter;
  readonly #notes: NoteWriter;
  readonly #heartbeat: Heartbeat;
  readonly #stops: ProcessStops;
  readonly #pool: RunnerPool;
  readonly #loop: ClaimLoop;
  /** Null where there is no queue. */
  readonly #queued: QueuedWork | null;
  readonly #orphans: Orphans;
  readonly #parked: ParkedRuns;
  readonly #heldRuns: HeldRuns;
  readonly #pumps: readonly SinkPump[];
  #phase: "new" | "starting" | "running" | "stopping" | "stopped" = "new";
  /** Runs that are being started here. */
  #starting = 0;
  #start: Promise<void> | null = null;
  #stop: Promise<void> | null = null;
  #watch: Disposable | null = null;

  constructor(options: HostOptions) {
    const { executors, clock, random, versions, limits, payloads } = options;
    const persistence = holdingClock(options.persistence, clock);
    this.#options = options;
    this.persistence = persistence;
    this.payloads = payloads;
    this.registry = new Registry(executors, versions, payloads);
    this.middlewares = new Middlewares(options.middleware);
    this.locks = new Locks({
      provider: options.lock ? holdingClock(options.lock, clock) : persistence.lock ?? null,
      clock,
      random,
      troubles: this.troubles,
    });
    this.#retry = new StoreRetry(clock, this.troubles);
    this.#logs = new LogWriter(persistence, clock, this.#retry, this.log);
    this.#notes = new NoteWriter(persistence, clock, this.#retry, this.said);
    this.waiters = new Waiters({
      persistence,
      clock,
      isHere: (runId) => this.#pool.has(runId),
      known: (runId) => this.#pool.written(runId),
    });
    this.#stops = new ProcessStops(clock);
    const pardons = new Pardons(persistence);
    this.#heartbeat = new Heartbeat({
      persistence,
      clock,
      troubles: this.troubles,
      newHost: () => this.#newHost(),
      fenced: () => {
        telemetry?.leasesLost(this.#pool.size, "expired");
        pardons.note(this.#pool.busy);
        this.#pool.abandonAll();
      },
      stops: this.#stops,
      renewed: (well) => {
        pardons.decide(well);
        this.#loop.wake();
      },
      ttl: options.leaseTtl,
    });
    this.#pool = new RunnerPool({
      persistence,
      committer: new Committer(persistence, this.#retry),
      logs: this.#logs,
      notes: this.#notes,
      registry: this.registry,
      locks: this.locks,
      slots: new Slots(limits.steps, limits.stepsOfRun),
      middlewares: this.middlewares,
      secrets: options.secrets,
      events: this.events,
      clock,
      random,
      woken: (runIds) => this.deliver(runIds),
      mayBegin: () => !this.#heartbeat.isLate,
    }, {
      left: (instance, nextWake) => this.#left(instance, nextWake),
      lost: (runId, error) => this.#lost(runId, error),
    });
    this.#orphans = new Orphans({
      persistence,
      isHeld: (runId) => this.#pool.has(runId),
      incarnation: () => this.#heartbeat.incarnation,
      moment: () => this.moment(),
      freed: (runId) => this.waiters.notify(runId),
    });
    const housekeeping = new Housekeeping({
      persistence,
      clock,
      retention: options.eventRetention,
      sinkRetention: options.sinkRetention,
      delivered: (runIds) => this.deliver(runIds),
    });
    this.#parked = new ParkedRuns({
      persistence,
      registry: this.registry,
      clock,
      retry: this.#retry,
      freed: () => this.#loop.wake(),
    });
    this.#heldRuns = new HeldRuns({
      persistence,
      clock,
      interval: options.leaseTtl / 2,
      troubles: this.troubles,
      incarnation: () => this.#heartbeat.incarnation,
      held: () => this.#pool.epochs,
      taken: (runId) => {
        this.#pool.abandon(runId);
        this.waiters.notify(runId);
      },
      mailed: (runId) => void this.#pool.notify(runId),
    });
    this.#loop = new ClaimLoop({
      persistence,
      clock,
      random,
      troubles: this.troubles,
      incarnation: () => this.#heartbeat.incarnation,
      isLate: () => this.#heartbeat.isLate,
      held: () => {
        const { size, crashes } = this.#pool.held;
        return { size: size + this.#starting, crashes };
      },
      mostRuns: limits.runs,
      sweepInterval: Math.min(longestSweep, options.leaseTtl),
      only: () => options.ownRunsOnly ? [...this.ownRuns] : null,
      except: () => this.registry.lacking,
      programOf: (instance) => this.registry.knownProgram(instance),
      take: (claimed) => claimed.forEach((advance) => this.#pool.take(advance)),
      unsure: (runIds) => {
        for (const runId of runIds) this.#orphans.add(runId, null);
      },
      tidy: async () => {
        this.deliver(await pardons.ask());
        await this.#orphans.free();
        await housekeeping.tidy();
      },
      refused: (error) => this.waiters.failAll(error),
    });
    this.#queued = options.queue && new QueuedWork({
      queue: options.queue,
      clock,
      incarnation: () => this.#heartbeat.incarnation,
      room: () => this.#loop.room,
      claim: async (runIds) => void await this.#loop.claim(runIds),
    });
    const feeds: SinkFeed[] = options.sinks.map((publisher) => new LifecycleFeed(persistence, publisher));
    if (options.search) feeds.push(new SearchFeed(persistence, options.search));
    this.#pumps = feeds.map((feed) =>
      new SinkPump({
        persistence,
        feed,
        clock,
        incarnation: () => this.#heartbeat.incarnation,
        failed: (error) => this.#feedFailed(feed.name, error),
      })
    );
    if (telemetry) this.events.add((event) => telemetry?.count(event));
    if (this.#pumps.length > 0) this.events.add(() => this.#pumps.forEach((pump) => pump.poke()));
  }

  /** Whether runs are taken. */
  get isRunning(): boolean {
    return this.#phase === "running";
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

  /** Drains, interrupts what still runs after `grace` milliseconds, and lets all runs go. */
  stop(grace: number): Promise<void> {
    this.#stop ??= this.#shutDown(grace);
    return this.#stop;
  }

  /** When, and how, something from outside happens to a run. */
  moment(): Moment {
    const { random } = this.#options;
    return { now: this.persistence.now(), random: random.number(), begin: false };
  }

  /** A new id that sorts by age. */
  newId(): string {
    return newId(this.persistence.now(), this.#options.random);
  }

  /** A place for a run that is about to be started, until it is taken; null leaves it to whoever claims it. */
  placeForNew(): PlaceForNew | null {
    const { size, crashes } = this.#pool.held;
    if (!this.isRunning || crashes > 0 || size + this.#starting >= this.#options.limits.runs) return null;
    this.#starting++;
    return {
      owner: this.#heartbeat.incarnation,
      [Symbol.dispose]: () => {
        this.#starting--;
        this.#makeRoom();
      },
    };
  }

  /** Runs what was started in a {@linkcode placeForNew}, unless the host was fenced or stopped meanwhile. */
  take(advance: Advance): void {
    const { instance } = advance.state;
    const isOurs = instance.owner !== null && instance.owner === this.#heartbeat.incarnation;
    if (this.isRunning && isOurs) this.#pool.take(advance);
    else {
      // It waits for something, or has ended already: nobody else tells of its start.
      for (const event of advance.transition.events) this.events.tell(event);
      if (isEnded(instance.status)) void this.#pool.tellEnd(instance);
      if (isOurs) this.#orphans.add(instance.id, null);
      this.#mayBeDue(instance);
    }
  }

  /** The creation of a run failed, though the run may be there: it must not stay with a host that does not run it. */
  mayBeOrphan(runId: string): void {
    this.#orphans.add(runId, null);
    this.#loop.wake();
  }

  /** Runs have got mail. */
  deliver(runIds: readonly string[]): void {
    const elsewhere = runIds.filter((runId) => !this.#pool.notify(runId));
    if (elsewhere.length > 0) this.#due(elsewhere);
  }

  /** A run was changed from outside. */
  changed({ transition }: Advance): void {
    const { instance } = transition;
    for (const event of transition.events) this.events.tell(event);
    this.waiters.notify(instance.id);
    if (isEnded(instance.status)) void this.#pool.tellEnd(instance);
    // Whoever ran it under an earlier epoch is fenced.
    if (instance.epoch > transition.epoch) this.#pool.abandon(instance.id);
    this.#mayBeDue(instance);
  }

  /**
   * Closes a sink that no host feeds any more.
   *
   * @throws {HostStateError} when this host feeds it
   */
  async closeSink(name: string): Promise<void> {
    if (this.#options.sinks.some((publisher) => publisher.name === name)) {
      throw new HostStateError(
        `Cannot close lifecycle sink "${name}": this host feeds it, build one without it`,
      );
    }
    await this.persistence.closeSink(name);
  }

  /**
   * The search index of this host.
   *
   * @throws {HostStateError} when it has none
   */
  get search(): SearchIndex {
    const { search } = this.#options;
    if (search) return search;
    throw new HostStateError("Cannot search: this host has no index; give it one by useSearchIndex()");
  }

  /** Code has come: runs that were parked for want of it are due. */
  codeHasCome(): void {
    if (!this.isRunning) return;
    this.registry.prepare();
    void this.#parked.look(true);
    this.#loop.wake();
  }

  async #begin(): Promise<void> {
    await this.#heartbeat.start();
    this.#stops.start();
    // Before anything is claimed: a sink is told of that too.
    await this.#openSinks();
    this.#phase = "running";
    this.registry.prepare();
    if (!this.#options.ownRunsOnly) this.#parked.start();
    this.#heldRuns.start();
    this.#watch = this.persistence.watch?.((runIds) => {
      if (runIds) this.#othersWoke(runIds);
      else void this.#othersWrote();
    }) ?? null;
    this.#loop.start();
    if (!this.#options.ownRunsOnly) this.#queued?.start();
  }

  async #openSinks(): Promise<void> {
    try {
      for (const pump of this.#pumps) await pump.start();
    } catch (error) {
      await Promise.all(this.#pumps.map((pump) => pump.stop()));
      await this.#heartbeat.stop();
      this.#stops.stop();
      throw error;
    }
  }

  async #shutDown(grace: number): Promise<void> {
    await this.#start?.catch(() => {});
    const started = this.#phase === "running";
    this.#phase = "stopping";
    if (started) {
      this.#watch?.[Symbol.dispose]();
      this.#pool.beginDrain();
      const looked = Promise.all([this.#parked.stop(), this.#heldRuns.stop()]);
      await this.#queued?.stop();
      await this.#loop.stop();
      const drained = new AbortController();
      const left = this.#pool.drained().finally(() => drained.abort());
      if (grace > 0) await pause(this.#options.clock, grace, drained.signal);
      this.#pool.interrupt("stop");
      this.#retry.giveUp();
      await looked;
      await left;
      await this.#logs.flushAll();
      await this.#notes.flush();
      await this.locks.freed();
      await Promise.all(this.#pumps.map((pump) => pump.stop()));
      await this.#heartbeat.stop();
      this.#stops.stop();
      await this.registry.dispose();
    }
    await this.#queued?.sent();
    this.#phase = "stopped";
    this.waiters.close(new HostStateError("Cannot wait for a run: the host is stopped"));
  }

  #feedFailed(sink: string, error: unknown): void {
    if (error instanceof StoreError) this.troubles.tell(error);
    else if (!(error instanceof SearchIndexError)) {
      console.error(`Lifecycle sink "${sink}" failed, its events are kept:`, error);
    } else if (this.searchTroubles.isEmpty) console.warn(error.message);
    else this.searchTroubles.tell(error);
  }

  #left(instance: Instance, nextWake: number | null): void {
    this.waiters.notify(instance.id, instance);
    if (nextWake === 0 && this.#queued) this.#due([instance.id]);
    else if (nextWake !== null) this.#loop.wakeAt(nextWake);
    if (this.#orphans.has(instance.id)) this.#loop.wake();
    this.#makeRoom();
  }

  #makeRoom(): void {
    this.#loop.makeRoom();
    this.#queued?.makeRoom();
  }

  /** A run has changed: it may be due by that, or will be. */
  #mayBeDue({ id, owner, nextWake }: Instance): void {
    const isDue = owner === null && nextWake !== null && nextWake <= this.persistence.now();
    if (isDue) this.#due([id]);
    else this.#loop.wake();
  }

  /** These runs are due, for whoever has room. */
  #due(runIds: readonly string[]): void {
    this.#queued?.push(runIds);
    if (!this.#queued?.isHeard) this.#loop.hint(runIds, 0);
  }

  #lost(runId: string, error: Error): void {
    const reason = whyForGood(error);
    // Running its step again and again would repeat its effects without ever recording them.
    this.#orphans.add(runId, reason);
    if (reason === null) this.waiters.notify(runId);
    else this.waiters.fail(runId, error);
    this.#loop.wake();
  }

  /** Another process has sent mail to these runs, and done nothing else. */
  #othersWoke(runIds: readonly string[]): void {
    const elsewhere = runIds.filter((runId) => !this.#pool.notify(runId));
    // A queue brings them to one of the hosts.
    if (this.#queued?.isHeard) this.#loop.wakeAt(this.persistence.now() + lookPause);
    else this.#loop.hint(elsewhere, lookPause);
  }

  /** Another process has written: perhaps mail for runs held here, due runs, or the end of a run waited for. */
  async #othersWrote(): Promise<void> {
    this.waiters.lookElsewhere();
    this.#pumps.forEach((pump) => pump.poke());
    this.#parked.othersWrote();
    this.#heldRuns.othersWrote();
    if (this.#queued?.isHeard) this.#loop.wakeAt(this.persistence.now() + lookPause);
    else this.#loop.wake();
    try {
      const unread = await this.persistence.unread(this.#heartbeat.incarnation);
      for (const runId of unread) this.#pool.notify(runId);
    } catch {
      // The next look, by the sweep or by another write, finds what this one did not.
    }
  }

  #newHost(): HostInfo {
    return { incarnation: this.newId(), pid: Deno.pid };
  }
}

/** Why a run that was lost by an error cannot be gone on with as things are; null where the next host can. */
function whyForGood(error: Error): string | null {
  if (error instanceof LeaseLostError || error instanceof LockLostError) return null;
  if (!(error instanceof StoreError)) return `the engine could not go on with it: ${error.message}`;
  return error.retryable ? null : `the store refused its last transition: ${error.message}`;
}
