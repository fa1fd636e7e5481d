import type { WorkflowDefinition } from "../definition/definition.ts";
import { toFailure } from "../instance/failure.ts";
import type { Instance } from "../instance/instance.ts";
import type { LifecycleEvent } from "../instance/lifecycle_event.ts";
import type { Created } from "../provider/persistence.ts";
import type { AttemptParts } from "./attempt.ts";
import { runAttributes, stepAttributes } from "./telemetry/attributes.ts";
import { Metrics } from "./telemetry/metrics.ts";
import { findOpenTelemetry, type OpenTelemetry } from "./telemetry/open_telemetry.ts";
import { type AttemptSpan, Spans } from "./telemetry/spans.ts";
import { formatTraceparent } from "./telemetry/traceparent.ts";

/** Tells OpenTelemetry what a host does. */
export class Telemetry {
  readonly #spans: Spans | null;
  readonly #metrics: Metrics;

  constructor({ tracing, meter }: OpenTelemetry) {
    this.#spans = tracing && new Spans(tracing);
    this.#metrics = new Metrics(meter);
  }

  /** Starts a run inside of a span, whose `traceparent` is to be stored with it. */
  async aroundStart(
    { id: definitionId }: WorkflowDefinition,
    start: (traceparent: string | null) => Promise<Created>,
  ): Promise<Created> {
    const created = this.#spans
      ? await this.#spans.aroundStart(definitionId, async (span) => {
        const created = await start(formatTraceparent(span.spanContext()));
        span.setAttributes({
          ...runAttributes(created.instance),
          "wfe.workflow.existed": created.existed,
        });
        return created;
      })
      : await start(null);
    if (!created.existed) this.#metrics.started.add(1, { "wfe.workflow.definition.id": definitionId });
    return created;
  }

  /** The same attempt inside of a span, and measured. */
  aroundAttempt(parts: AttemptParts): AttemptParts {
    const { clock, context: { instance, step, pointer } } = parts;
    let span: AttemptSpan | null = null;
    let begunAt: number | null = null;
    return {
      ...parts,
      context: { ...parts.context, traceparent: () => span?.traceparent },
      body: (ctx) => {
        begunAt = clock.monotonic();
        span = this.#spans?.beginAttempt(instance, step, pointer) ?? null;
        return span ? span.run(() => parts.body(ctx)) : parts.body(ctx);
      },
      over: (outcome) => {
        // One that never had its turn did not run.
        if (begunAt !== null) {
          const failure = outcome.kind === "failed"
            ? toFailure(outcome.thrown, step.key, pointer.attempt)
            : null;
          span?.end(outcome.kind, failure);
          this.#metrics.stepDuration.record((clock.monotonic() - begunAt) / 1_000, {
            ...stepAttributes(instance.definitionId, step, pointer.undoes !== null),
            "wfe.step.outcome": outcome.kind,
            ...(failure && { "error.type": failure.type }),
          });
        }
        parts.over(outcome);
      },
    };
  }

  /** Runs code that belongs to a run, such as that around its end, or to none: whoever woke the engine has no part in it. */
  within<Result>(run: Instance | null, action: () => Result): Result {
    return this.#spans ? this.#spans.within(run, action) : action();
  }

  /** Counts what was recorded. */
  count(event: LifecycleEvent): void {
    const definition = { "wfe.workflow.definition.id": event.definitionId };
    switch (event.type) {
      case "WorkflowCompleted":
        return this.#metrics.completed.add(1, definition);
      case "WorkflowFailed":
      case "WorkflowTerminated":
      case "WorkflowCancelled": {
        const status = event.type.slice("Workflow".length);
        return this.#metrics.failed.add(1, { ...definition, "wfe.workflow.status": status });
      }
      case "StepRetrying": {
        const { stepKey, undoes, error } = event;
        return this.#metrics.stepRetries.add(1, {
          ...definition,
          "wfe.step.key": stepKey,
          "wfe.step.undo": undoes !== null,
          ...(error && { "error.type": error.type }),
        });
      }
    }
  }

  /** A run has ended. */
  ended(run: Instance): void {
    this.#spans?.writeEnd(run);
  }

  /**
   * A run is claimed; `run` is what it was before. How long one was due that was interrupted, or released with steps
   * ready, nobody knows.
   */
  claimed({ definitionId, sequence, nextWake, createdAt }: Instance, now: number): void {
    const dueAt = nextWake || (sequence === 1 ? createdAt : null);
    if (dueAt === null) return;
    const lag = Math.max(now - dueAt, 0) / 1_000;
    this.#metrics.queueLag.record(lag, { "wfe.workflow.definition.id": definitionId });
  }

  /** Runs belong to others now: because this host's lease is over, or as a commit was refused. */
  leasesLost(count: number, reason: "expired" | "refused"): void {
    this.#metrics.leasesLost.add(count, { "wfe.lease.reason": reason });
  }
}

const openTelemetry = findOpenTelemetry(globalThis);

/** What tells OpenTelemetry; null, so that it costs nothing, unless it is switched on for this process. */
export const telemetry: Telemetry | null = openTelemetry && new Telemetry(openTelemetry);
