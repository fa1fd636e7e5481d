import { RunStateError } from "../../../src/engine/errors.ts";
import type { WorkflowHost } from "../../../src/engine/host.ts";
import { WorkflowHostBuilder } from "../../../src/engine/host_builder.ts";
import type { LifecycleEvent } from "../../../src/instance/lifecycle_event.ts";
import { isBusy, isEnded } from "../../../src/instance/status.ts";
import type { LifecyclePublisher } from "../../../src/provider/lifecycle.ts";
import { StoreError } from "../../../src/provider/errors.ts";
import type { VirtualClock } from "../../../src/testing/virtual_clock.ts";
import { check, describe } from "../checkers/all.ts";
import type { Effect } from "../evidence/effect.ts";
import { type Acknowledgement, gather } from "../evidence/evidence.ts";
import { layered } from "../evidence/recording_store.ts";
import { SeededRandom } from "../seeded_random.ts";
import { Bodies } from "../workload/bodies.ts";
import type { NamedPlan } from "../workload/named_plan.ts";
import type { Command } from "../workload/scenario.ts";
import { Mortal } from "./mortal.ts";
import { observable } from "./observable.ts";
import type { ReachPoint, TrialStore } from "./stores.ts";

/** What happens to a host: it dies; or its connection is lost, which only stores on a server have; or nothing. */
export type Blow = "death" | "loss" | null;

/**
 * What happens to a host at a point.
 *
 * @param host 1 for the first host, 2 for the one that takes over from it
 * @param point the point that it has reached
 * @param reached how many it has reached, this one included
 */
export type Fate = (host: number, point: string, reached: number) => Blow;

/** The last point of a host: it has stopped. */
export const stopped = "stopped";

/** Nothing happens to anybody. */
export const nothingHappens: Fate = () => null;

/** What came of a trial. */
export interface TrialReport {
  /** The points that the first host reached, in order. */
  readonly points: readonly string[];
  /** How many hosts have died. */
  readonly deaths: number;
  /** How many connections were lost. */
  readonly losses: number;
  /** What is wrong. */
  readonly violations: readonly string[];
  /** What can be observed of the run, whatever has crashed. */
  readonly observed: readonly string[];
}

const sinkName = "witness";
/** A host that reaches so many points goes round and round; most come to less than a hundred. */
const mostPoints = 2_000;
const pace = { work: 10, short: 1_000, long: 3_000 };

/** One run of a workflow, whose host dies when it reaches a point; then another takes over, which may die as well. */
export class Trial {
  readonly #clock: VirtualClock;
  readonly #store: TrialStore;
  readonly #plan: NamedPlan;
  readonly #fate: Fate;
  readonly #points: string[] = [];
  readonly #effects: Effect[] = [];
  readonly #acknowledged: Acknowledgement[] = [];
  readonly #published: LifecycleEvent[] = [];
  readonly #late: string[] = [];
  readonly #restless = Promise.withResolvers<never>();
  #hosts = 0;
  #losses = 0;
  #current!: {
    readonly mortal: Mortal;
    readonly host: WorkflowHost;
    readonly up: Promise<void>;
    readonly reach: ReachPoint;
  };

  constructor(clock: VirtualClock, store: TrialStore, plan: NamedPlan, fate: Fate) {
    this.#clock = clock;
    this.#store = store;
    this.#plan = plan;
    this.#fate = fate;
  }

  /** Runs it to its end. */
  async run(): Promise<TrialReport> {
    const { key, plan } = this.#plan;
    await this.#startHost();
    await this.#clock.until(Promise.race([this.#drive(), this.#restless.promise]), { within: "30m" });
    await this.#clock.until(this.#ask((host, reach) => host.stop().then(() => reach(stopped))), {
      within: "30m",
    });
    const evidence = await gather(this.#store.witness, {
      circumstances: {
        calm: this.#hosts === 1,
        folded: false,
        onlyPoisonKills: false,
        punctual: true,
      },
      plans: new Map([[key, plan]]),
      effects: this.#effects,
      history: await this.#store.history(),
      acknowledged: this.#acknowledged,
      published: this.#published,
    });
    return {
      points: this.#points,
      deaths: this.#hosts - 1,
      losses: this.#losses,
      violations: [...check(evidence).map(describe), ...this.#late],
      observed: evidence.runs.flatMap(observable),
    };
  }

  async #startHost(): Promise<void> {
    const mortal = new Mortal(this.#clock);
    const number = ++this.#hosts;
    const tookOver = await this.#expectTakeover();
    let reached = 0;
    const reach: ReachPoint = async (point) => {
      if (mortal.isDead) return await never();
      if (number === 1 && point !== stopped) this.#points.push(point);
      if (reached > mostPoints) this.#restless.reject(new Error(`host ${number} does not come to rest`));
      const blow = this.#fate(number, point, ++reached);
      if (blow === null) return;
      if (blow === "death") {
        mortal.die();
        return await never();
      }
      this.#losses++;
      throw new Error("The connection is lost");
    };
    const { store, cut } = await this.#store.connect({ name: `host ${number}`, reach });
    const telling = layered(store, {
      claim: async (request) => {
        const claimed = await store.claim(request);
        if (claimed.length > 0) tookOver();
        return claimed;
      },
    });
    const host = new WorkflowHostBuilder().usePersistence(mortal.reach(telling)).useClock(mortal.clock)
      .useRandom(new SeededRandom(`host ${number}`)).useLifecycle(this.#sink()).build();
    host.registerWorkflow(this.#plan.scenario.build(this.#bodies(mortal, number)));
    this.#current = { mortal, host, up: host.start(), reach };
    void mortal.death.then(() => this.#replace(cut));
  }

  /** No time passes until another host is there. */
  async #replace(cut: () => Promise<void>): Promise<void> {
    const release = this.#clock.hold();
    try {
      await cut();
      await this.#startHost();
    } catch (error) {
      this.#restless.reject(error);
    } finally {
      release();
    }
  }

  /** Where a step ran on the host that has died, the next one has to claim the run in time. Returns what hears of that. */
  async #expectTakeover(): Promise<() => void> {
    const history = await this.#store.history();
    const last = new Map(history.flatMap(({ pointers }) => pointers.map((row) => [row.id, row.status])));
    if (![...last.values()].some(isBusy)) return () => {};
    const diedAt = this.#clock.monotonic();
    let isOver = false;
    return () => {
      const late = this.#clock.monotonic() - diedAt - this.#store.takeover;
      if (!isOver && late > 0) this.#late.push(`a run of a dead host was taken over ${late} ms too late`);
      isOver = true;
    };
  }

  #sink(): LifecyclePublisher {
    return {
      name: sinkName,
      publish: (events) => {
        this.#published.push(...events);
        return Promise.resolve();
      },
    };
  }

  async #drive(): Promise<void> {
    const { key, scenario, plan } = this.#plan;
    const runId = await this.#ask(async (host) => {
      const { id } = await host.startWorkflow(scenario.id, plan.data, { idempotencyKey: key });
      this.#acknowledged.push({ kind: "start", key, runId: id });
      return id;
    });
    for (const command of plan.commands) {
      await this.#sleep(command.after * pace.short);
      await this.#command(runId, command);
    }
    for (let round = 0;; round++) {
      const run = await this.#ask((host) => host.getWorkflow(runId));
      const isTold = (await this.#store.witness.readOutbox(sinkName, 1)).length === 0;
      if (run && isEnded(run.status) && isTold) return;
      if (run?.status === "Suspended") await this.#control((host) => host.resumeWorkflow(runId));
      if (round > 200) return;
      await this.#sleep(pace.short);
    }
  }

  async #command(runId: string, command: Command): Promise<void> {
    switch (command.kind) {
      case "publish": {
        const { name, key, messageId, data } = command;
        await this.#ask((host) => host.publishEvent(name, key, data, { messageId }));
        this.#acknowledged.push({ kind: "event", name, key, messageId });
        return;
      }
      case "retry":
        for (;;) {
          const run = await this.#ask((host) => host.getWorkflow(runId));
          if (run && isEnded(run.status)) {
            if (run.status === "Complete" || run.attempt > 1) return;
            return await this.#control((host) => host.retryWorkflow(runId));
          }
          await this.#sleep(pace.short);
        }
      default:
        return await this.#control((host) => host[`${command.kind}Workflow`](runId));
    }
  }

  #control(act: (host: WorkflowHost) => Promise<void>): Promise<void> {
    return this.#ask((host) =>
      act(host).catch((error) => {
        if (!(error instanceof RunStateError)) throw error;
      })
    );
  }

  /** Asks the host that is alive; where it dies before it answers, the next one. What was in doubt is asked again. */
  async #ask<Answer>(question: (host: WorkflowHost, reach: ReachPoint) => Promise<Answer>): Promise<Answer> {
    for (;;) {
      const { mortal, host, up, reach } = this.#current;
      const answer = await Promise.race([
        up.then(() => question(host, reach)).then((answer) => ({ answer }), (error) => {
          if (error instanceof StoreError && error.retryable) return "again";
          throw error;
        }),
        mortal.death.then(() => null),
      ]);
      if (typeof answer === "object" && answer !== null) return answer.answer;
      while (mortal.isDead && this.#current.mortal === mortal) {
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    }
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.#clock.schedule(milliseconds, resolve));
  }

  #bodies(mortal: Mortal, number: number): Bodies {
    return new Bodies({
      process: `host ${number}`,
      effects: { append: (effect) => this.#effects.push(effect) },
      random: new SeededRandom(`bodies ${number}`),
      pace,
      history: "full",
      pause: (milliseconds, signal) => mortal.rest(milliseconds, signal),
      die: () => new Promise(() => {}),
    });
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}
