import type { JsonObject, JsonValue } from "../../src/definition/json.ts";
import type { WorkflowHost } from "../../src/engine/host.ts";
import { WorkflowHostBuilder } from "../../src/engine/host_builder.ts";
import type { RunHandle } from "../../src/engine/run_handle.ts";
import type { StartOptions } from "../../src/engine/start_run.ts";
import { type AnyDefinition, soon } from "../../src/engine/testing_host.ts";
import type { Instance } from "../../src/instance/instance.ts";
import type { LifecycleEvent } from "../../src/instance/lifecycle_event.ts";
import type { Persistence } from "../../src/provider/persistence.ts";
import type { VirtualClock } from "../../src/testing/virtual_clock.ts";
import { type History, readHistory } from "./history.ts";

/** How a host of a scene differs from others. */
export interface SceneHostOptions {
  /** Where it keeps runs, if not in the scene's store: a wrapper around it, or another connection. */
  readonly store?: Persistence;
  /** What it is wired with beside store and clock. */
  readonly wire?: (builder: WorkflowHostBuilder) => WorkflowHostBuilder;
}

/** Where a case plays: a store, a clock, the hosts that the case starts, and what is noted of it all. */
export class Scene {
  /** The store. */
  readonly store: Persistence;
  /** Another connection to the same data; the store itself where there is no such thing. */
  readonly connect: () => Promise<Persistence>;
  readonly #clock: VirtualClock | null;
  readonly #effects: JsonValue[] = [];
  readonly #events: LifecycleEvent[] = [];
  readonly #hosts: WorkflowHost[] = [];
  #runs = 0;

  /** `clock` is null where the time is real. */
  constructor(store: Persistence, connect: () => Promise<Persistence>, clock: VirtualClock | null) {
    this.store = store;
    this.connect = connect;
    this.#clock = clock;
  }

  /** The clock of a case in virtual time. */
  get clock(): VirtualClock {
    if (!this.#clock) throw new Error("This case plays in real time");
    return this.#clock;
  }

  /** What step bodies have noted so far. */
  get effects(): readonly JsonValue[] {
    return this.#effects;
  }

  /** The lifecycle events that hosts have told of so far. */
  get events(): readonly LifecycleEvent[] {
    return this.#events;
  }

  /** Notes an effect. */
  note(effect: JsonValue): void {
    this.#effects.push(effect);
  }

  /** A body that notes an effect and does nothing else. */
  step(effect: JsonValue): () => void {
    return () => this.note(effect);
  }

  /** Seconds of virtual time since the case began. */
  get seconds(): number {
    return this.clock.monotonic() / 1_000;
  }

  /** Starts a host that knows these definitions. It is stopped at the end of the case. */
  async host(
    definitions: readonly AnyDefinition[],
    { store = this.store, wire = (builder) => builder }: SceneHostOptions = {},
  ): Promise<WorkflowHost> {
    let builder = new WorkflowHostBuilder().usePersistence(store);
    if (this.#clock) builder = builder.useClock(this.#clock);
    const host = wire(builder).build();
    this.#hosts.push(host);
    host.onEvent((event) => this.#events.push(event));
    for (const definition of definitions) host.registerWorkflow(definition);
    await this.until(host.start());
    return host;
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
    return this.#clock ? this.#clock.until(promise) : soon(promise, 10_000);
  }

  /** Runs a definition on a host of its own until it goes no further by itself. */
  async play<Data extends object>(definition: AnyDefinition, data?: Data): Promise<Instance> {
    const host = await this.host([definition]);
    const run = await this.start(host, definition.id, data);
    return await this.until(run.atRest());
  }

  /** Stops the hosts, and reads what there is to be seen. */
  async end(): Promise<History> {
    await this.stop();
    return await readHistory(this.store, this.#effects, this.#events);
  }

  /** Stops the hosts. */
  async stop(): Promise<void> {
    await this.until(Promise.all(this.#hosts.map((host) => host.stop())));
  }
}
