import type { Clock } from "../../../src/engine/clock.ts";
import type { WorkflowHost } from "../../../src/engine/host.ts";
import type { Instance } from "../../../src/instance/instance.ts";
import { isEnded } from "../../../src/instance/status.ts";
import type { Acknowledgement } from "../evidence/evidence.ts";
import type { SeededRandom } from "../seeded_random.ts";
import type { NamedPlan } from "./named_plan.ts";
import type { Command } from "./scenario.ts";
import type { WorkData } from "./work_data.ts";

type Control =
  | "suspendWorkflow"
  | "resumeWorkflow"
  | "cancelWorkflow"
  | "terminateWorkflow"
  | "retryWorkflow";

/** What is asked of a host, which may be in another process. */
export interface DrivenHost extends Pick<WorkflowHost, "publishEvent" | Control> {
  /** Starts a run. */
  startWorkflow(
    definitionId: string,
    data: WorkData,
    options: { readonly idempotencyKey: string },
  ): Promise<{ readonly id: string }>;
  /** A run, or null. */
  getWorkflow(runId: string): Promise<Pick<Instance, "status" | "attempt"> | null>;
  /** Runs by status. */
  listWorkflows(
    filter: { readonly status: readonly Instance["status"][] },
  ): Promise<readonly Pick<Instance, "id">[]>;
}

/** Where a host runs. */
export interface DrivenMachine {
  /** The host, if it is up and runs. */
  readonly host: DrivenHost | null;
  /** Its process, if there is one. */
  readonly process: { readonly death: Promise<void> } | null;
}

/** What a driver needs. */
export interface DriverParts {
  /** Where hosts run. */
  readonly machines: readonly DrivenMachine[];
  /** Time. */
  readonly time: Pick<Clock, "schedule">;
  /** Chance. */
  readonly random: SeededRandom;
  /** Milliseconds that a command's `after` counts. */
  readonly beat: number;
  /** Milliseconds that a caller waits for an answer before it asks another host. */
  readonly patience: number;
  /** Milliseconds before it asks again, on average. */
  readonly pause: number;
  /** Whether nothing more is to be done: what is under way then ends with {@linkcode DrivingOver}. */
  readonly isOver?: () => boolean;
  /** Takes note of what was acknowledged. */
  readonly acknowledge: (acknowledgement: Acknowledgement) => void;
  /** Hears of an answer that must not be. */
  readonly failed: (problem: string) => void;
}

/** Nothing more is to be done, and what was to be done has not been. */
export class DrivingOver extends Error {}

/** Does what is done to runs from outside: through any host that is up, again and again until it is acknowledged. */
export class Driver {
  readonly #parts: DriverParts;

  constructor(parts: DriverParts) {
    this.#parts = parts;
  }

  /** Starts a run and does to it what its plan says. */
  async drive({ key, scenario, plan }: NamedPlan): Promise<void> {
    const { random, beat, acknowledge } = this.#parts;
    const start = (): Promise<string> =>
      this.#ask(async (host) => {
        const { id } = await host.startWorkflow(scenario.id, plan.data, { idempotencyKey: key });
        acknowledge({ kind: "start", key, runId: id });
        return id;
      });
    // The same key twice at the same time starts one run.
    const [runId] = await Promise.all(random.chance(0.2) ? [start(), start()] : [start()]);
    for (const command of plan.commands) {
      await this.#sleep(command.after * beat);
      await this.#command(runId!, command);
    }
  }

  /** Resumes whatever is suspended, as somebody would who looks after the runs. */
  async lookAfter(): Promise<void> {
    const suspended = await this.#ask((host) => host.listWorkflows({ status: ["Suspended"] }));
    for (const { id } of suspended) await this.#control("resumeWorkflow", id);
  }

  async #command(runId: string, command: Command): Promise<void> {
    switch (command.kind) {
      case "publish": {
        const { name, key, messageId, data } = command;
        await this.#ask((host) => host.publishEvent(name, key, data, { messageId }));
        return this.#parts.acknowledge({ kind: "event", name, key, messageId });
      }
      case "retry":
        return await this.#retry(runId);
      default:
        return await this.#control(`${command.kind}Workflow`, runId);
    }
  }

  /** Opens a run again once it has ended, and again where a command that was given up reaches it afterwards. */
  async #retry(runId: string): Promise<void> {
    for (;;) {
      const run = await this.#ask((host) => host.getWorkflow(runId));
      if (run && isEnded(run.status)) {
        if (run.status === "Complete" || run.attempt > 1 && run.status !== "Terminated") return;
        await this.#control("retryWorkflow", runId);
      }
      await this.#sleep(this.#parts.beat);
    }
  }

  /** Something that comes too late is no mistake. */
  async #control(verb: Control, runId: string): Promise<void> {
    await this.#ask(async (host) => {
      try {
        await host[verb](runId);
      } catch (error) {
        if (codeOf(error) !== "RUN_STATE") throw error;
      }
    });
  }

  async #ask<Answer>(question: (host: DrivenHost) => Promise<Answer>): Promise<Answer> {
    const { machines, random, time, patience, pause, failed, isOver } = this.#parts;
    for (;;) {
      if (isOver?.()) throw new DrivingOver();
      const { host, process } = random.pick(machines);
      if (host && process) {
        const { promise: timeout, resolve } = Promise.withResolvers<null>();
        using _timer = time.schedule(patience, () => resolve(null));
        try {
          const answer = await Promise.race([
            question(host).then((answer) => ({ answer })),
            process.death.then(() => null),
            timeout,
          ]);
          if (answer) return answer.answer;
        } catch (error) {
          const code = codeOf(error);
          if (code !== "STORE" && code !== "HOST_STATE") failed(String(error));
        }
      }
      await this.#sleep(random.span(pause));
    }
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.#parts.time.schedule(milliseconds, resolve));
  }
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown }).code;
}
