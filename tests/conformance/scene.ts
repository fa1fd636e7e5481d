import type { Duration } from "../../src/definition/duration.ts";
import type { JsonObject, JsonValue } from "../../src/definition/json.ts";
import type { WorkflowHost } from "../../src/engine/host.ts";
import { WorkflowHostBuilder } from "../../src/engine/host_builder.ts";
import type { RunHandle } from "../../src/engine/run_handle.ts";
import type { StartOptions } from "../../src/engine/start_run.ts";
import { type AnyDefinition, soon, turns } from "../../src/engine/testing_host.ts";
import type { Instance } from "../../src/instance/instance.ts";
import type { LifecycleEvent } from "../../src/instance/lifecycle_event.ts";
import type { Persistence } from "../../src/provider/persistence.ts";
import type { VirtualClock } from "../../src/testing/virtual_clock.ts";
import { Mortal } from "../crash/sweep/mortal.ts";
import { type History, readHistory } from "./history.ts";

/** What a scene is made of. */
export interface SceneParts {
  /** The store. */
  readonly store: Persistence;
  /** Another connection to the same data; the store itself where there is no such thing. */
  readonly connect: () => Promise<Persistence>;
  /** Null where the time is real. */
  readonly clock: VirtualClock | null;
  /** How many iterations a long loop has: a multiple of ten. */
  readonly iterations: number;
  /** How many rows the store has, by table; null where a store has none. */
  readonly rows: () => Promise<Readonly<Record<string, number>> | null>;
  /** Wires hosts with what is there beside the store; one that may die has a signal of its death. */
  readonly wire: (builder: WorkflowHostBuilder, death: AbortSignal | null) => WorkflowHostBuilder;
}

/** How a host of a scene differs from others. */
export interface SceneHostOptions {
  /** Where it keeps runs, if not in the scene's store: a wrapper around it, or another connection. */
  readonly store?: Persistence;
  /** What it is wired with beside store and clock. */
  readonly wire?: (builder: WorkflowHostBuilder) => WorkflowHostBuilder;
  /** Whether it begins to run workflows. */
  readonly start?: boolean;
  /** Aborted when it dies, where it may. */
  readonly death?: AbortSignal;
}

/** A host that can be said to be dead: from then on the world hears nothing of it, and it hears nothing. */
export interface MortalHost {
  /** The host. */
  readonly host: WorkflowHost;
  /** Its life. */
  readonly mortal: Mortal;
}

/** Where a case plays: a store, a clock, the hosts that the case starts, and what is noted of it all. */
export class Scene {
  readonly #parts: SceneParts;
  readonly #effects: JsonValue[] = [];
  readonly #events: LifecycleEvent[] = [];
  readonly #hosts = new Set<WorkflowHost>();
  #runs = 0;

  constructor(parts: SceneParts) {
    this.#parts = parts;
  }

  /** The store. */
  get store(): Persistence {
    return this.#parts.store;
  }

  /** Another connection to the same data; the store itself where there is no such thing. */
  connect(): Promise<Persistence> {
    return this.#parts.connect();
  }

  /** How many rows the store has, by table; null where a store has none. */
  rows(): Promise<Readonly<Record<string, number>> | null> {
    return this.#parts.rows();
  }

  /** How many iterations a long loop has. */
  get iterations(): number {
    return this.#parts.iterations;
  }

  /** The clock of a case in virtual time. */
  get clock(): VirtualClock {
    const { clock } = this.#parts;
    if (!clock) throw new Error("This case plays in real time");
    return clock;
  }

  /** What step bodies have noted so far. */
  get effects(): readonly JsonValue[] {
    return this.#effects;
  }

  /** How often a type of lifecycle event was told of a run so far; all have been told when the hosts are stopped. */
  told(type: LifecycleEvent["type"], runId = "run-1"): number {
    return this.#events.filter((event) => event.type === type && event.runId === runId).length;
  }

  /** Notes an effect. */
  note(effect: JsonValue): void {
    this.#effects.push(effect);
  }

  /** A body that notes an effect and does nothing else. */
  step(effect: JsonValue): () => void {
    return () => this.note(effect);
  }

  /** A body that notes an effect and fails. */
  failing(effect: string): () => never {
    return () => {
      this.note(effect);
      throw new Error(`${effect} fails`);
    };
  }

  /** Seconds of virtual time since the case began. */
  get seconds(): number {
    // Heartbeats come at thirds of a millisecond, and what they bring on with them.
    return Math.floor(this.clock.monotonic() + 1e-3) / 1_000;
  }

  /** Makes a host that knows these definitions, and starts it. It is stopped at the end of the case. */
  async host(
    definitions: readonly AnyDefinition[],
    { store = this.store, wire = (builder) => builder, start = true, death }: SceneHostOptions = {},
  ): Promise<WorkflowHost> {
    const { clock } = this.#parts;
    let builder = this.#parts.wire(new WorkflowHostBuilder().usePersistence(store), death ?? null);
    if (clock) builder = builder.useClock(clock);
    const host = wire(builder).build();
    this.#hosts.add(host);
    host.onEvent((event) => this.#events.push(event));
    for (const definition of definitions) host.registerWorkflow(definition);
    if (start) await this.until(host.start());
    return host;
  }

  /** Starts a host that can die, on a connection of its own. `wrap` is around the store as long as it lives. */
  async mortalHost(
    definitions: readonly AnyDefinition[],
    wrap: (store: Persistence, mortal: Mortal) => Persistence = (store) => store,
  ): Promise<MortalHost> {
    const mortal = new Mortal(this.clock);
    const store = mortal.reach(wrap(await this.connect(), mortal));
    const death = new AbortController();
    void mortal.death.then(() => death.abort());
    const host = await this.host(definitions, {
      store,
      wire: (builder) => builder.useClock(mortal.clock),
      death: death.signal,
    });
    void mortal.death.then(() => this.#hosts.delete(host));
    return { host, mortal };
  }

  /** Starts a run with an id that is the same on every store: `run-1` and so on, unless given. */
  start<Data extends object = JsonObject>(
    host: WorkflowHost,
    definitionId: string,
    data?: Data,
    options: StartOptions = {},
  ): Promise<RunHandle<Data>> {
    const runId = `run-${++this.#runs}`;
    return this.until(host.startWorkflow<Data>(definitionId, data, { runId, ...options }));
  }

  /** Lets time pass until a promise settles; in real time, waits for it. */
  until<Result>(promise: Promise<Result>): Promise<Result> {
    const { clock } = this.#parts;
    return clock ? clock.until(promise, { within: "365d" }) : soon(promise, 60_000);
  }

  /** Lets a span of virtual time pass, with all that happens in it. */
  pass(duration: Duration): Promise<void> {
    return this.clock.pass(duration);
  }

  /** Resolves once `holds` says so, without letting time pass: rejects where the event loop turns in vain. */
  async becomes(holds: () => boolean | Promise<boolean>): Promise<void> {
    for (let turn = 0; !await holds(); turn++) {
      if (turn === 30_000) throw new Error("What the case waits for does not come to be by itself");
      await turns(1);
    }
  }

  /** Runs a definition on a host of its own, until it goes no further by itself and the host is stopped. */
  async play<Data extends object>(definition: AnyDefinition, data?: Data): Promise<Instance> {
    const host = await this.host([definition]);
    const run = await this.start(host, definition.id, data);
    const instance = await this.until(run.atRest());
    await this.stop(host);
    return instance;
  }

  /** Where the activations of a run stand, in the order of creation: `key status`. */
  async pointers(runId = "run-1"): Promise<string[]> {
    const pointers = await this.store.pointers(runId);
    return pointers.map(({ stepKey, status, undoes }) =>
      `${undoes === null ? "" : "undo of "}${stepKey} ${status}`
    );
  }

  /** Stops one host. */
  async stop(host: WorkflowHost): Promise<void> {
    this.#hosts.delete(host);
    await this.until(host.stop());
  }

  /** Stops the hosts, and reads what there is to be seen. */
  async end(): Promise<History> {
    await this.stopAll();
    return await readHistory(this.store, this.#effects, this.#events);
  }

  /** Stops the hosts, without waiting for bodies when something has failed. */
  async stopAll({ failed = false } = {}): Promise<void> {
    const hosts = [...this.#hosts];
    await this.until(Promise.all(hosts.map((host) => host.stop(failed ? { grace: 0 } : {}))));
  }
}
