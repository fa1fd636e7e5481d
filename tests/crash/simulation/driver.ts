import { RunStateError } from "../../../src/engine/errors.ts";
import type { WorkflowHost } from "../../../src/engine/host.ts";
import { isEnded } from "../../../src/instance/status.ts";
import type { Acknowledgement } from "../evidence/evidence.ts";
import type { SeededRandom } from "../seeded_random.ts";
import type { Command } from "../workload/scenario.ts";
import type { NamedPlan } from "../workload/named_plan.ts";
import type { Machine } from "./machine.ts";
import type { Timeline } from "./timeline.ts";

/** Milliseconds that a caller waits for an answer before it asks another host. */
const patience = 8_000;
const pauseBetween = 300;

/** What a driver needs. */
export interface DriverParts {
  /** Where hosts run. */
  readonly machines: readonly Machine[];
  /** Time. */
  readonly timeline: Timeline;
  /** Chance. */
  readonly random: SeededRandom;
  /** Milliseconds that a command's `after` counts. */
  readonly beat: number;
  /** Takes note of what was acknowledged. */
  readonly acknowledge: (acknowledgement: Acknowledgement) => void;
  /** Hears of an answer that must not be. */
  readonly failed: (problem: string) => void;
}

/** Does what is done to runs from outside: through any host that is up, again and again until it is acknowledged. */
export class Driver {
  readonly #parts: DriverParts;

  constructor(parts: DriverParts) {
    this.#parts = parts;
  }

  /** Starts a run and does to it what its plan says. */
  async drive({ key, scenario, plan }: NamedPlan): Promise<void> {
    const { random, timeline, beat, acknowledge } = this.#parts;
    const start = (): Promise<string> =>
      this.#ask(async (host) => {
        const { id } = await host.startWorkflow(scenario.id, plan.data, { idempotencyKey: key });
        acknowledge({ kind: "start", key, runId: id });
        return id;
      });
    // The same key twice at the same time starts one run.
    const [runId] = await Promise.all(random.chance(0.2) ? [start(), start()] : [start()]);
    for (const command of plan.commands) {
      await timeline.sleep(command.after * beat);
      await this.#command(runId!, command);
    }
  }

  /** Resumes whatever is suspended, as somebody would who looks after the runs. */
  async lookAfter(): Promise<void> {
    const suspended = await this.#ask((host) => host.listWorkflows({ status: ["Suspended"] }));
    for (const { id } of suspended) await this.#control(id, (host) => host.resumeWorkflow(id));
  }

  async #command(runId: string, command: Command): Promise<void> {
    switch (command.kind) {
      case "publish": {
        const { name, key, messageId, data } = command;
        await this.#ask((host) => host.publishEvent(name, key, data, { messageId }));
        return this.#parts.acknowledge({ kind: "event", name, key, messageId });
      }
      case "suspend":
        return this.#control(runId, (host) => host.suspendWorkflow(runId));
      case "resume":
        return this.#control(runId, (host) => host.resumeWorkflow(runId));
      case "cancel":
        return this.#control(runId, (host) => host.cancelWorkflow(runId));
      case "terminate":
        return this.#control(runId, (host) => host.terminateWorkflow(runId));
      case "retry":
        return await this.#retry(runId);
    }
  }

  async #retry(runId: string): Promise<void> {
    for (;;) {
      const run = await this.#ask((host) => host.getWorkflow(runId));
      if (run && isEnded(run.status)) {
        if (run.status === "Complete" || run.attempt > 1) return;
        return await this.#control(runId, (host) => host.retryWorkflow(runId));
      }
      await this.#parts.timeline.sleep(this.#parts.beat);
    }
  }

  /** Something that comes too late is no mistake. */
  async #control(_runId: string, act: (host: WorkflowHost) => Promise<void>): Promise<void> {
    await this.#ask(async (host) => {
      try {
        await act(host);
      } catch (error) {
        if (!(error instanceof RunStateError)) throw error;
      }
    });
  }

  async #ask<Answer>(question: (host: WorkflowHost) => Promise<Answer>): Promise<Answer> {
    const { machines, random, timeline, failed } = this.#parts;
    for (;;) {
      const { host, process } = random.pick(machines);
      if (host && process) {
        const timeout = timeline.sleep(patience).then(() => null);
        try {
          const answer = await Promise.race([
            question(host).then((answer) => ({ answer })),
            process.death.then(() => null),
            timeout,
          ]);
          if (answer) return answer.answer;
        } catch (error) {
          const code = (error as { readonly code?: unknown }).code;
          if (code !== "STORE" && code !== "HOST_STATE") failed(String(error));
        }
      }
      await timeline.sleep(random.span(pauseBetween));
    }
  }
}
