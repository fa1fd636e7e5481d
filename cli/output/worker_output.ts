import type { LifecycleEvent, WorkflowEvent } from "../../src/instance/lifecycle_event.ts";
import type { WorkflowStatus } from "../../src/instance/status.ts";
import type { Io, Sink } from "../io.ts";
import { eventRecord, writeJson } from "./json.ts";
import { printable } from "./printable.ts";
import type { OutputFormat } from "./progress.ts";
import { signOf } from "./signs.ts";

/** Most runs that are remembered, so as to tell of each once. */
const mostKnown = 10_000;

/** What a worker is there for. */
export interface Readiness {
  /** Its process. */
  readonly pid: number;
  /** Where the runs are kept, as it may be shown. */
  readonly database: string;
  /** The workflows of its modules: ids and versions. */
  readonly workflows: readonly string[];
}

/** Tells what a worker does. */
export interface WorkerOutput {
  /** It takes runs from now on. */
  ready(readiness: Readiness): void;
  /** Something happened here and is recorded. */
  event(event: LifecycleEvent): void;
  /** Words from the command itself, for a person. */
  note(text: string): void;
}

/** The output in a format. */
export function workerOutput(format: OutputFormat, io: Io): WorkerOutput {
  return format === "json" ? new JsonWorker(io) : new PlainWorker(io.stdout);
}

class JsonWorker implements WorkerOutput {
  readonly #io: Io;

  constructor(io: Io) {
    this.#io = io;
  }

  ready(readiness: Readiness): void {
    writeJson(this.#io.stdout, { type: "ready", ...readiness });
  }

  event(event: LifecycleEvent): void {
    writeJson(this.#io.stdout, eventRecord(event, "stepKey" in event ? event.stepKey : ""));
  }

  note(text: string): void {
    this.#io.stderr.write(`${text}\n`);
  }
}

/** A line for each run that is taken up, ends or stops, and for each step that fails. */
class PlainWorker implements WorkerOutput {
  readonly #sink: Sink;
  /** The runs that were told of, the latest last. */
  readonly #known = new Set<string>();

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  ready({ pid, database, workflows }: Readiness): void {
    const what = workflows.length === 0 ? "" : `${workflows.map(printable).join(", ")}, and `;
    this.note(`ready: process ${pid} runs ${what}workflow files of ${database}`);
  }

  event(event: LifecycleEvent): void {
    if (event.type === "WorkflowParked") return this.#leave(event, "Waiting", "is left");
    this.#meet(event);
    switch (event.type) {
      case "StepFailed":
        return this.#tell(
          event,
          "Failed",
          `: step "${event.stepKey}": ${event.error?.message.split("\n")[0] ?? ""}`,
        );
      case "WorkflowSuspended":
        return this.#leave(event, "Suspended", "suspended");
      case "WorkflowCompleted":
        return this.#leave(event, "Complete", "complete");
      case "WorkflowFailed":
        return this.#leave(event, "Failed", "failed");
      case "WorkflowTerminated":
        return this.#leave(event, "Terminated", "terminated");
      case "WorkflowCancelled":
        return this.#leave(event, "Cancelled", "cancelled");
    }
  }

  note(text: string): void {
    this.#sink.write(`${text}\n`);
  }

  #meet(event: LifecycleEvent): void {
    const { runId } = event;
    if (this.#known.has(runId)) return;
    this.#known.add(runId);
    if (this.#known.size > mostKnown) {
      for (const oldest of this.#known) {
        this.#known.delete(oldest);
        break;
      }
    }
    this.#tell(event, "Runnable", isStart(event) ? " started" : " goes on");
  }

  #leave(event: WorkflowEvent, status: WorkflowStatus | "Waiting", verdict: string): void {
    this.#known.delete(event.runId);
    this.#tell(event, status, ` ${verdict}${event.reason === null ? "" : `: ${event.reason}`}`);
  }

  #tell({ definitionId, runId }: LifecycleEvent, status: WorkflowStatus | "Waiting", words: string): void {
    const { paint } = this.#sink;
    const name = paint("bold", printable(definitionId));
    this.note(`${signOf(status, paint)} ${name}${printable(words)} ${paint("dim", `· run ${runId}`)}`);
  }
}

/** Whether it is the first that happens to a run beside its creation. */
function isStart(event: LifecycleEvent): boolean {
  if (!("pointerId" in event)) return event.type === "WorkflowStarted";
  return event.type === "StepStarted" && event.pointerId === 1 && event.attempt === 1;
}
