import type { Counter, Histogram, Meter } from "./open_telemetry.ts";

/** Upper bounds in seconds: steps take from a millisecond to hours, and runs may wait as long for a host. */
const seconds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1_800, 3_600];

/** The instruments of the engine. */
export class Metrics {
  /** Runs started. */
  readonly started: Counter;
  /** Runs that ended as Complete. */
  readonly completed: Counter;
  /** Runs that ended otherwise. */
  readonly failed: Counter;
  /** How long attempts of steps took, in seconds. */
  readonly stepDuration: Histogram;
  /** Attempts of steps that failed and are followed by another. */
  readonly stepRetries: Counter;
  /** How long runs had been due when they were claimed, in seconds. */
  readonly queueLag: Histogram;
  /** Runs that this host had, and lost to others. */
  readonly leasesLost: Counter;

  constructor(meter: Meter) {
    const counter = (name: string, unit: string, description: string): Counter =>
      meter.createCounter(name, { unit, description });
    const histogram = (name: string, description: string): Histogram =>
      meter.createHistogram(name, { unit: "s", description, advice: { explicitBucketBoundaries: seconds } });
    this.started = counter("wfe.workflow.started", "{workflow}", "Runs started.");
    this.completed = counter("wfe.workflow.completed", "{workflow}", "Runs that ended as Complete.");
    this.failed = counter("wfe.workflow.failed", "{workflow}", "Runs that ended otherwise, by status.");
    this.stepDuration = histogram("wfe.step.duration", "How long attempts of steps took.");
    this.stepRetries = counter(
      "wfe.step.retries",
      "{retry}",
      "Failed attempts that are followed by another.",
    );
    this.queueLag = histogram("wfe.queue.lag", "How long runs had been due when they were claimed.");
    this.leasesLost = counter("wfe.lease.lost", "{lease}", "Runs that this host had, and lost to others.");
  }
}
