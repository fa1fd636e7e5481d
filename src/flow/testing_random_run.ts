import { deepEqual, equal, ok } from "node:assert/strict";
import type { Pointer } from "../instance/instance.ts";
import type { StepEvent } from "../instance/lifecycle_event.ts";
import { isEnded, isSettled } from "../instance/status.ts";
import { parkInstance, unparkInstance } from "./claim.ts";
import { makeProgram, type Program } from "./program.ts";
import { Scene } from "./testing_scene.ts";
import { build, firstData, type Plan, World } from "./testing_workflows.ts";

const unobserved: ReadonlySet<string> = new Set(["StepStarted", "StepInterrupted", "StepCompensating"]);

/** A random workflow's run. */
export class RandomRun {
  readonly scene: Scene;
  readonly world: World;
  readonly plan: Plan;
  readonly #program: Program;

  constructor(plan: Plan) {
    this.plan = plan;
    this.world = new World(plan.seed);
    const { definition, code } = build(plan, this.world);
    this.scene = new Scene(definition, { code, data: firstData });
    this.#program = this.scene.program;
    this.world.failuresOf = (key) => {
      const [, id, undo] = key.split("/");
      const wanted = Number(id);
      for (const pointer of this.scene.state.pointers) {
        if (undo ? pointer.undoes === wanted : pointer.id === wanted) return pointer.failures;
      }
      throw new Error(`no activation runs for ${key}`);
    };
  }

  /** Something happens to the run, chosen by a number. */
  act(choice: number): void {
    const { scene } = this;
    const { run } = scene;
    const more = Math.floor(choice / 24);
    const busy = scene.busy[more % Math.max(scene.busy.length, 1)];
    switch (choice % 24) {
      case 0:
        if (!isEnded(run.status)) scene.crash();
        break;
      case 1:
        // A transition is computed, and its host dies before it is written.
        if (busy && !scene.aborted.has(busy.id)) scene.call(busy);
        if (!isEnded(run.status)) scene.crash();
        break;
      case 2:
        this.#send(more);
        break;
      case 3:
        if (more % 4 === 0 && !isEnded(run.status)) scene.terminate();
        break;
      case 4:
        if (run.status !== "Complete" && isEnded(run.status)) scene.retry();
        break;
      case 5:
      case 6:
        scene.publish("event", String(more % 2), scene.store.published.length);
        break;
      case 7:
      case 8:
        scene.passTime();
        break;
      case 9:
        this.#letGo();
        break;
      case 10:
        this.#park(more);
        break;
      case 11:
        scene.now += more % 50;
        break;
      case 12:
        // A body that was told to stop succeeds all the same.
        if (busy && scene.aborted.has(busy.id)) scene.apply(scene.call(busy));
        break;
      default:
        if (busy && scene.run.owner !== null && !scene.store.hasMail) scene.settle(busy);
        else scene.step();
    }
  }

  /** Everything goes well from now on: whatever has happened, the run can be completed. */
  complete(): void {
    const { scene, world } = this;
    world.isGood = true;
    scene.program = this.#program;
    let retries = 0;
    for (let steps = 0; scene.run.status !== "Complete"; steps++) {
      ok(steps < 3_000, "the run does not end");
      if (scene.run.parkedReason !== null) scene.apply(unparkInstance(scene.store.read(), scene.moment));
      if (isEnded(scene.run.status)) {
        ok(++retries < 50, "the run ends again and again");
        scene.retry();
      } else if (scene.run.status === "Suspended") scene.send("resume");
      else if (!scene.step() && !this.#publishForAll()) ok(scene.passTime(), "the run waits for nothing");
    }
  }

  #publishForAll(): boolean {
    const { scene } = this;
    const waits = [...scene.store.waits.values()];
    for (const { name, key } of waits) scene.publish(name, key);
    return waits.length > 0;
  }

  #send(choice: number): void {
    const { scene } = this;
    if (isEnded(scene.run.status)) return;
    const kind = (["suspend", "resume", "resume", "cancel"] as const)[choice % 4]!;
    if (kind === "cancel" && choice % 8 < 4) return;
    // Mail may wait a while.
    if (choice % 3 === 0) scene.store.send(kind);
    else scene.send(kind);
  }

  /** The host stops: what runs may settle, nothing begins. */
  #letGo(): void {
    const { scene } = this;
    if (scene.run.owner === null) return;
    scene.begin = false;
    const [first] = scene.busy;
    if (first) scene.settle(first);
    scene.begin = true;
    if (scene.run.owner !== null) scene.release();
  }

  #park(choice: number): void {
    const { scene } = this;
    if (scene.run.parkedReason !== null) {
      scene.program = this.#program;
      scene.apply(unparkInstance(scene.store.read(), scene.moment));
    } else if (isEnded(scene.run.status)) return;
    else if (choice % 2 === 0) scene.apply(parkInstance(scene.state, "parked", scene.moment));
    else {
      // Another host, without some of the code.
      if (scene.run.owner !== null) scene.release();
      const { definition } = this.#program;
      const some = definition.steps.filter((_, index) => (index + choice) % 3 > 0).map(({ key }) => key);
      scene.program = makeProgram(definition, new Map(some.map((key) => [key, this.#program.code(key)])));
    }
  }

  /**
   * Goes on for as long as something can happen, without chance; the host dies where `crashes` has a step's number,
   * before or after what it has just done is written. Not while a body that was told to stop still runs: its end comes
   * sooner by that, and which of two branches is faster may be seen in what is recorded.
   */
  follow(crashes: ReadonlyMap<number, "before" | "after">): void {
    const { scene } = this;
    for (let steps = 0; !isEnded(scene.run.status) && scene.run.status !== "Suspended"; steps++) {
      ok(steps < 3_000, "the run does not end");
      const [first] = scene.busy;
      const isStopping = scene.busy.some(({ id }) => scene.aborted.has(id));
      const crash = scene.run.crashes < 2 && !isStopping ? crashes.get(steps) : undefined;
      if (crash === "before" && first) scene.call(first);
      if (crash) scene.crash();
      else if (!scene.step() && !this.#publishForAll()) ok(scene.passTime(), "the run waits for nothing");
    }
  }

  /** What an observer can tell of the run, but for interruptions and how often something was begun. */
  get observed(): unknown {
    const { status, data, reason, error } = this.scene.run;
    const told = this.scene.told.flatMap((event) => {
      if (!("stepKey" in event) || unobserved.has(event.type)) return [];
      const { type, stepKey, pointerId, undoes, output, at } = event;
      return [[type, stepKey, pointerId, undoes, output, at]];
    });
    return { status, data, reason, error: error?.message, told };
  }

  /** What must hold of everything that is recorded once the run is complete. */
  checkRecord(): void {
    const { scene } = this;
    const { program, told, store } = scene;
    const stepEvents = told.filter((event): event is StepEvent => "stepKey" in event);
    const completed = stepEvents.filter(({ type }) => type === "StepCompleted");
    equal(new Set(completed.map(({ pointerId }) => pointerId)).size, completed.length, "completed twice");
    const bodies = completed.filter(({ stepKey }) => program.step(stepKey).type === "code");
    equal(scene.run.data.done, bodies.length, "data counts what has not succeeded");
    const mapped = completed.filter(({ stepKey }) =>
      program.code(stepKey).output && !stepKey.endsWith("lap")
    );
    equal(scene.run.data.mapped, mapped.length, "outputs are mapped once each");
    const compensated = stepEvents.filter(({ type, undoes }) =>
      type === "StepCompensated" && undoes !== null
    );
    equal(scene.run.data.undone, compensated.length, "undos count once each");
    const steps = store.published.filter(({ name }) => name === "step").map(({ data }) => String(data));
    equal(new Set(steps).size, steps.length, "published twice");
    this.#checkTaken();
    if (this.plan.history === "full") this.#checkRows();
  }

  /** Each event is taken once, in order. */
  #checkTaken(): void {
    const last = new Map<string, number>();
    for (const { name, key, seq } of this.scene.written.flatMap(({ taken }) => taken)) {
      ok(seq > (last.get(`${name} ${key}`) ?? 0), `event ${seq} is taken out of order`);
      last.set(`${name} ${key}`, seq);
    }
  }

  #checkRows(): void {
    const { scene } = this;
    const rows = scene.store.rows;
    deepEqual([...rows.keys()].sort((a, b) => a - b), [...rows.keys()].map((_, index) => index + 1));
    for (const row of rows.values()) {
      ok(isSettled(row.status));
      if (row.undoes === null && row.status === "Complete") this.#checkBranches(row);
      if (row.undoes === null) this.#checkUndos(row);
    }
    this.#checkOrder();
  }

  /** A container that is complete has run each of its branches. */
  #checkBranches({ id, stepKey, output }: Pointer): void {
    const { type, config } = this.scene.program.step(stepKey);
    const children = [...this.scene.store.rows.values()].filter(({ parent, undoes }) =>
      parent === id && undoes === null
    );
    const branches = [...new Set(children.map(({ branch }) => branch))].sort((a, b) => a - b);
    const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);
    if (type === "while" || type === "forEach") {
      const count = this.world.counts.get(stepKey)!;
      deepEqual(branches, upTo(count), `branches of ${stepKey}`);
      if (type === "forEach") {
        if (config?.results === false && count > 0) equal(output, null);
        else equal((output as unknown[]).length, count);
      }
    }
    if (type === "parallel" && config?.wait !== "any") equal((output as unknown[]).length, branches.length);
    if (type === "if") ok(branches.length <= 1);
  }

  /** Everything that was started inside a saga that was undone has been undone, once; nothing else has been. */
  #checkUndos(row: Pointer): void {
    const { scene } = this;
    const rows = scene.store.rows;
    const step = scene.program.step(row.stepKey);
    if (!step.undo) return;
    const undos = [...rows.values()].filter(({ undoes, status }) =>
      undoes === row.id && status === "Compensated"
    );
    const sagas: Pointer[] = [];
    for (let id = row.saga; id !== null; id = sagas.at(-1)!.saga) sagas.push(rows.get(id)!);
    const isUndoneWith = (saga: Pointer): boolean => {
      if (saga.status === "Compensated") return true;
      let inner = row;
      while (inner.parent !== saga.id) inner = rows.get(inner.parent!)!;
      return inner.branch < saga.attempt - 1;
    };
    const around = row.startedAt !== null && sagas.some(isUndoneWith);
    const what = `undos of activation ${row.id} of ${row.stepKey}, ${row.status}`;
    if (step.type === "saga") {
      const own = row.status === "Compensated" ? row.attempt : Math.max(row.attempt - 1, 0);
      equal(undos.length, own + Number(around && row.status === "Complete"), what);
    } else if (sagas.length > 0) equal(undos.length, Number(around), what);
    else {ok(
        undos.length === 0 || step.onError !== undefined || scene.program.definition.onError !== undefined,
        what,
      );}
  }

  /** Undos go backwards, the failing one before all, a container behind what is inside it. */
  #checkOrder(): void {
    const rows = this.scene.store.rows;
    const groups = new Map<string, Pointer[]>();
    for (const row of rows.values()) {
      if (row.undoes === null) continue;
      const target = rows.get(row.undoes)!;
      const saga = row.parent === null ? undefined : rows.get(row.parent);
      if (!saga || this.scene.program.step(saga.stepKey).type !== "saga" || target === saga) continue;
      let inner = target;
      while (inner.parent !== saga.id) inner = rows.get(inner.parent!)!;
      const key = `${saga.id}:${inner.branch}`;
      groups.set(key, [...groups.get(key) ?? [], target]);
    }
    for (const [key, targets] of groups) {
      targets.forEach((target, index) => {
        const next = targets[index + 1];
        if (!next || index === 0 && target.status !== "Complete") return;
        ok(
          (target.order ?? Infinity) >= (next.order ?? Infinity),
          `in ${key}, ${target.id} of order ${target.order} is undone before ${next.id} of ${next.order}`,
        );
      });
    }
  }
}
