import { RunStateError } from "../../../src/engine/errors.ts";
import type { WorkflowHost } from "../../../src/engine/host.ts";
import { WorkflowHostBuilder } from "../../../src/engine/host_builder.ts";
import { isEnded } from "../../../src/instance/status.ts";
import type { Persistence } from "../../../src/provider/persistence.ts";
import { withCrashPoints } from "../../../src/testing/crash_points.ts";
import type { VirtualClock } from "../../../src/testing/virtual_clock.ts";
import { check, describe } from "../checkers/all.ts";
import type { Effect } from "../evidence/effect.ts";
import { type Acknowledgement, gather } from "../evidence/evidence.ts";
import type { HistoryEntry } from "../evidence/history.ts";
import { recordingStore } from "../evidence/recording_store.ts";
import { SeededRandom } from "../seeded_random.ts";
import { Bodies } from "../workload/bodies.ts";
import type { NamedPlan } from "../workload/named_plan.ts";
import type { Command } from "../workload/scenario.ts";
import { Mortal } from "./mortal.ts";
import { observable } from "./observable.ts";

/** Stores of a trial: the first host has one connection, the one after it another. */
export interface TrialStore extends AsyncDisposable {
  /** Another connection. */
  connect(): Promise<Persistence>;
}

/** What came of a trial. */
export interface TrialReport {
  /** The points that were reached, in order. */
  readonly points: readonly string[];
  /** What is wrong. */
  readonly violations: readonly string[];
  /** What can be observed of the run, whatever has crashed. */
  readonly observed: readonly string[];
}

const pace = { work: 10, short: 1_000, long: 3_000 };

/** One run of a workflow, whose host dies when it reaches a point; then another takes over. */
export class Trial {
  readonly #clock: VirtualClock;
  readonly #store: TrialStore;
  readonly #plan: NamedPlan;
  readonly #fatal: string | null;
  readonly #points: string[] = [];
  readonly #effects: Effect[] = [];
  readonly #history: HistoryEntry[] = [];
  readonly #acknowledged: Acknowledgement[] = [];
  #hosts = 0;
  #current!: { readonly mortal: Mortal; readonly host: WorkflowHost; readonly up: Promise<void> };

  constructor(clock: VirtualClock, store: TrialStore, plan: NamedPlan, fatal: string | null) {
    this.#clock = clock;
    this.#store = store;
    this.#plan = plan;
    this.#fatal = fatal;
  }

  /** Runs it to its end. */
  async run(): Promise<TrialReport> {
    const { key, plan } = this.#plan;
    const witness = await this.#store.connect();
    await this.#startHost();
    await this.#clock.until(this.#drive(), { within: "2h" });
    await this.#clock.until(this.#ask((host) => host.stop()), { within: "2h" });
    const evidence = await gather(witness, {
      circumstances: {
        calm: this.#fatal === null,
        folded: false,
        onlyPoisonKills: false,
        exactFencing: true,
      },
      plans: new Map([[key, plan]]),
      effects: this.#effects,
      history: this.#history,
      acknowledged: this.#acknowledged,
      published: null,
    });
    return {
      points: this.#points,
      violations: check(evidence).map(describe),
      observed: evidence.runs.flatMap(observable),
    };
  }

  async #startHost(): Promise<void> {
    const store = await this.#store.connect();
    const mortal = new Mortal(this.#clock);
    const number = ++this.#hosts;
    const recording = recordingStore(store, `host ${number}`, (entry) => this.#history.push(entry));
    const pointed = withCrashPoints(recording, (point) => this.#reach(point, mortal, number));
    const host = new WorkflowHostBuilder().usePersistence(mortal.reach(pointed)).useClock(mortal.clock)
      .useRandom(new SeededRandom(`host ${number}`)).build();
    host.registerWorkflow(this.#plan.scenario.build(this.#bodies(mortal, number)));
    this.#current = { mortal, host, up: host.start() };
    void mortal.death.then(() => this.#startHost());
  }

  #reach(point: string, mortal: Mortal, number: number): void | Promise<never> {
    if (mortal.isDead) return new Promise(() => {});
    if (number > 1) return;
    this.#points.push(point);
    if (point !== this.#fatal) return;
    mortal.die();
    return new Promise(() => {});
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
      if (run && isEnded(run.status)) return;
      if (run?.status === "Suspended") await this.#control((host) => host.resumeWorkflow(runId));
      if (round > 600) return;
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

  /** Asks the host that is alive; where it dies before it answers, the next one. */
  async #ask<Answer>(question: (host: WorkflowHost) => Promise<Answer>): Promise<Answer> {
    for (;;) {
      const { mortal, host, up } = this.#current;
      const answer = await Promise.race([
        up.then(() => question(host)).then((answer) => ({ answer })),
        mortal.death.then(() => null),
      ]);
      if (answer) return answer.answer;
      while (this.#current.mortal === mortal) await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.#clock.schedule(milliseconds, resolve));
  }

  #bodies({ clock }: Mortal, number: number): Bodies {
    return new Bodies({
      process: `host ${number}`,
      effects: { append: (effect) => this.#effects.push(effect) },
      random: new SeededRandom(`bodies ${number}`),
      pace,
      history: "full",
      pause: (milliseconds, signal) =>
        new Promise((resolve, reject) => {
          if (signal.aborted) return reject(signal.reason);
          const timer = clock.schedule(milliseconds, resolve);
          signal.addEventListener("abort", () => {
            timer[Symbol.dispose]();
            reject(signal.reason);
          }, { once: true });
        }),
      die: () => new Promise(() => {}),
    });
  }
}
