import type { StepDefinition } from "../../definition/definition.ts";
import type { Instance, Pointer, StepFailure } from "../../instance/instance.ts";
import { attemptAttributes, runAttributes } from "./attributes.ts";
import { type Attributes, type Context, type Span, spanKey, type Tracing } from "./open_telemetry.ts";
import { formatTraceparent, parentOfSpans } from "./traceparent.ts";

const producer = 3;
const consumer = 4;
const error = 2;

/** An attempt that runs, as a span. */
export interface AttemptSpan {
  /** Its identity, as a W3C `traceparent`. */
  readonly traceparent: string;
  /** Runs the body, so that what it begins becomes a child of the span. */
  run<Result>(body: () => Result): Result;
  /** Closes the span. */
  end(outcome: string, failure: StepFailure | null): void;
}

/** Makes the spans of runs. */
export class Spans {
  readonly #tracing: Tracing;
  /** Belongs to nobody: what a caller, or another run, carries along must not get into a step. */
  readonly #empty: Context;

  constructor(tracing: Tracing) {
    this.#tracing = tracing;
    this.#empty = tracing.contexts.active();
  }

  /**
   * A short span of its own, around the start of a run: child of the caller's span, and parent of all spans of the run.
   * It cannot be the run's whole life, which may outlast this process: a span is exported when it ends.
   */
  async aroundStart<Result>(
    definitionId: string,
    start: (span: Span) => Promise<Result>,
  ): Promise<Result> {
    const { tracer, contexts } = this.#tracing;
    const attributes = { "wfe.workflow.definition.id": definitionId };
    const span = tracer.startSpan(`start workflow ${definitionId}`, { kind: producer, attributes });
    try {
      return await contexts.with(contexts.active().setValue(spanKey, span), () => start(span));
    } catch (thrown) {
      if (thrown instanceof Error) setError(span, thrown.name, thrown.message);
      throw thrown;
    } finally {
      span.end();
    }
  }

  /** Begins the span of an attempt. */
  beginAttempt(run: Instance, step: StepDefinition, pointer: Pointer): AttemptSpan {
    const { tracer, contexts } = this.#tracing;
    const name = `${pointer.undoes === null ? "run" : "undo"} step ${step.key}`;
    const attributes = attemptAttributes(run, step, pointer);
    const parent = this.#contextOf(run);
    const span = tracer.startSpan(name, { kind: consumer, attributes }, parent);
    return {
      traceparent: formatTraceparent(span.spanContext()),
      run: (body) => contexts.with(parent.setValue(spanKey, span), body),
      end: (outcome, failure) => {
        span.setAttributes({ "wfe.step.outcome": outcome });
        if (failure) {
          const { type, message, stack } = failure;
          const trace: Attributes = stack === null ? {} : { "exception.stacktrace": stack };
          span.addEvent("exception", { "exception.type": type, "exception.message": message, ...trace });
          setError(span, type, message);
        }
        span.end();
      },
    };
  }

  /** Runs what belongs to a run, or to none, so that spans made there are in the run's trace, or have none above them. */
  within<Result>(run: Instance | null, action: () => Result): Result {
    return this.#tracing.contexts.with(run ? this.#contextOf(run) : this.#empty, action);
  }

  /** Makes a span of the whole life of a run that has ended. */
  writeEnd(run: Instance): void {
    const { definitionId, status, attempt, createdAt, endedAt, error } = run;
    const name = `run workflow ${definitionId}`;
    const attributes = {
      ...runAttributes(run),
      "wfe.workflow.status": status,
      "wfe.workflow.attempt": BigInt(attempt),
    };
    const span = this.#tracing.tracer.startSpan(
      name,
      { attributes, startTime: createdAt },
      this.#contextOf(run),
    );
    if (error) setError(span, error.type, error.message);
    span.end(endedAt ?? undefined);
  }

  #contextOf(run: Instance): Context {
    const parent = parentOfSpans(run);
    return this.#empty.setValue(spanKey, { spanContext: () => parent });
  }
}

function setError(span: Span, type: string, message: string): void {
  span.setAttributes({ "error.type": type });
  span.setStatus({ code: error, message });
}
