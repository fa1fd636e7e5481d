import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { HOSTILE_VALUES } from "../../src/yaml/expression/testdata/hostile_values.ts";
import { sha256 } from "../../src/definition/hash.ts";
import { eventually } from "../processes.ts";
import { OtlpReceiver, type ReceivedPoint, type ReceivedSpan } from "./otlp_receiver.ts";

const deadline = 120_000;
const program = new URL("workflow_program.ts", import.meta.url).pathname;

/** Where the program keeps its runs, and where its telemetry goes. */
class Scene implements AsyncDisposable {
  readonly receiver = new OtlpReceiver();
  readonly #folder = Deno.makeTempDirSync({ prefix: "wfe-telemetry-" });

  async [Symbol.asyncDispose](): Promise<void> {
    await this.receiver[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }

  /** Starts the program; without `OTEL_DENO` in `env` it knows of no telemetry. */
  spawn(mode: string, env: Readonly<Record<string, string>>, database = ""): Deno.ChildProcess {
    const rights = [`--allow-read=${this.#folder}`, `--allow-write=${this.#folder}`, "--allow-net=127.0.0.1"];
    return new Deno.Command("deno", {
      args: [
        "run",
        "--no-prompt",
        "--quiet",
        ...rights,
        "--allow-run=bash,sh",
        program,
        mode,
        database && `${this.#folder}/${database}`,
        this.receiver.url,
        `${this.#folder}/steps`,
      ],
      env: {
        OTEL_DENO: "false",
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_EXPORTER_OTLP_ENDPOINT: this.receiver.url,
        OTEL_BSP_SCHEDULE_DELAY: "50",
        ...env,
      },
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
  }

  /** Runs the program to its end; what it tells has arrived then. */
  async run(mode: string, env: Readonly<Record<string, string>> = { OTEL_DENO: "true" }): Promise<void> {
    equal((await this.spawn(mode, env).status).code, 0);
  }

  /** Kills the program in its second step, and lets another process with telemetry end the run. */
  async killAndContinue(env: Readonly<Record<string, string>>, ready: () => boolean): Promise<void> {
    const { receiver } = this;
    const first = this.spawn("journey", env, "runs.db");
    const hangs = () => receiver.requests.some(({ path }) => path === "/hang") && ready();
    try {
      await eventually(() => Promise.resolve(hangs()), deadline, "the second step");
    } finally {
      first.kill("SIGKILL");
      await first.status;
    }
    receiver.answerAll();
    equal((await this.spawn("journey", { OTEL_DENO: "true" }, "runs.db").status).code, 0);
  }
}

/** The only span with a name. */
function only(receiver: OtlpReceiver, name: string): ReceivedSpan {
  const spans = receiver.named(name);
  equal(spans.length, 1, `${name}: ${spans.length} spans`);
  return spans[0]!;
}

function pointsOf(receiver: OtlpReceiver, name: string): readonly ReceivedPoint[] {
  const text = ({ attributes }: ReceivedPoint): string => JSON.stringify(attributes);
  return receiver.points.filter((point) => point.name === name)
    .toSorted((a, b) => text(a).localeCompare(text(b)));
}

Deno.test("telemetry: each attempt is a span of the run's trace, which is the caller's", async () => {
  await using scene = new Scene();
  const { receiver } = scene;
  await scene.run("order");

  const request = receiver.spans.find(({ scope }) => scope === "caller")!;
  const start = only(receiver, "start workflow order");
  equal(start.parentSpanId, request.spanId);
  equal(start.kind, 4);
  const run = {
    "wfe.workflow.id": "the-order",
    "wfe.workflow.definition.id": "order",
    "wfe.workflow.definition.version": 3,
  };
  deepEqual(start.attributes, { ...run, "wfe.workflow.existed": false });

  const attempts = receiver.spans.filter(({ name, scope, attributes }) =>
    scope === "@wfe/engine" && / step /.test(name) && attributes["wfe.workflow.id"] === "the-order"
  ).sort((a, b) => Number(a.start - b.start));
  deepEqual(
    attempts.map(({ name, attributes }) => [
      name,
      attributes["wfe.step.attempt"],
      attributes["wfe.step.outcome"],
      attributes["wfe.step.undo"],
    ]),
    [
      ["run step Fetch", 1, "success", false],
      ["run step Flaky", 1, "failed", false],
      ["run step Flaky", 2, "success", false],
      ["run step Nap", 1, "paused", false],
      ["run step Nap", 2, "success", false],
      ["run step Reserve", 1, "success", false],
      ["run step Pay", 1, "failed", false],
      ["undo step Reserve", 1, "success", true],
    ],
  );
  for (const { traceId, parentSpanId, kind, start: began, end } of attempts) {
    deepEqual([traceId, parentSpanId, kind], [request.traceId, start.spanId, 5]);
    ok(began <= end);
  }
  deepEqual(attempts[0]!.attributes, {
    ...run,
    "wfe.step.key": "Fetch",
    "wfe.step.type": "code",
    "wfe.step.undo": false,
    "wfe.step.activation": 1,
    "wfe.step.attempt": 1,
    "wfe.step.outcome": "success",
  });
});

Deno.test("telemetry: an error is recorded by type and message, and sets the status", async () => {
  await using scene = new Scene();
  const { receiver } = scene;
  await scene.run("order");

  const [failed, succeeded] = receiver.named("run step Flaky").toSorted((a, b) => Number(a.start - b.start));
  deepEqual(failed!.status, { code: 2, message: "too flaky" });
  equal(failed!.attributes["error.type"], "RangeError");
  deepEqual(failed!.events.map(({ name }) => name), ["exception"]);
  const { "exception.stacktrace": stack, ...exception } = failed!.events[0]!.attributes;
  deepEqual(exception, { "exception.type": "RangeError", "exception.message": "too flaky" });
  match(String(stack), /workflow_program\.ts/);
  equal(succeeded!.status.code, 0);
  deepEqual(succeeded!.events, []);

  const end = only(receiver, "run workflow order");
  equal(end.attributes["wfe.workflow.status"], "Failed");
  deepEqual(end.status, { code: 2, message: "no money" });
  equal(end.parentSpanId, only(receiver, "start workflow order").spanId);
  ok(end.end - end.start >= 20_000_000n, "it spans the pause before the retry");
  const other = only(receiver, "run workflow greet");
  equal(other.attributes["wfe.workflow.status"], "Complete");
  equal(other.status.code, 0);
  notEqual(other.traceId, end.traceId);
});

Deno.test("telemetry: an error is recorded without the workflow's secrets", async () => {
  await using scene = new Scene();
  const { receiver } = scene;
  await scene.run("secretive");

  const { status, attributes, events } = only(receiver, "run step Slow");
  deepEqual(status, { code: 2, message: "no access with ***" });
  equal(attributes["error.type"], "RangeError");
  equal(events[0]!.attributes["exception.message"], "no access with ***");
  match(
    String(events[0]!.attributes["exception.stacktrace"]),
    /RangeError: no access with \*\*\*\n.*workflow_program\.ts/,
  );
});

Deno.test("telemetry: whatever the text of an error is, it stays the one message that it is", async () => {
  await using scene = new Scene();
  const { receiver } = scene;
  await scene.run("hostile");

  const told = receiver.spans.filter(({ name }) => name === "run step Hostile");
  const cut = (text: string) =>
    text.length > 65_536 ? `${text.slice(0, 65_536)} … (${text.length} characters)` : text;
  deepEqual(told.map(({ status }) => status.message).sort(), HOSTILE_VALUES.map(cut).sort());
  for (const { attributes, events } of told) {
    deepEqual(Object.keys(attributes), Object.keys(told[0]!.attributes));
    deepEqual(Object.keys(events[0]!.attributes), Object.keys(told[0]!.events[0]!.attributes));
  }
});

Deno.test("telemetry: what a body fetches is a child of its step, and carries its trace on", async () => {
  await using scene = new Scene();
  const { receiver } = scene;
  await scene.run("order");

  const fetches = receiver.spans.filter(({ scope, name }) => scope === "deno" && name === "GET");
  for (const [step, path] of [["run step Fetch", "/price"], ["undo step Reserve", "/unreserve"]] as const) {
    const { traceId, spanId } = only(receiver, step);
    const fetched = fetches.find(({ parentSpanId }) => parentSpanId === spanId);
    equal(fetched?.attributes["url.path"], path);
    const { traceparent } = receiver.requests.find((request) => request.path === path)!;
    equal(traceparent, `00-${traceId}-${fetched!.spanId}-01`);
  }
});

Deno.test("telemetry: the commands of a shell step are told the span of their attempt, and none where tracing is off", async () => {
  await using scene = new Scene();
  const { receiver } = scene;
  await scene.run("shell");

  const { traceId, spanId } = only(receiver, "run step Sh");
  const asked = (path: string) => receiver.requests.filter((request) => request.path === path).length;
  equal(asked(`/00-${traceId}-${spanId}-01`), 1);
  await scene.run("shell", {});
  equal(asked("/none"), 1);
  await scene.run("shell", { OTEL_DENO: "true", OTEL_DENO_TRACING: "false" });
  equal(asked("/none"), 2);
});

Deno.test("telemetry: code around the end of a run is in its trace, a lifecycle sink in none of a run", async () => {
  await using scene = new Scene();
  const { receiver } = scene;
  await scene.run("order");

  const fetched = (path: string) =>
    receiver.spans.filter(({ scope, attributes }) => scope === "deno" && attributes["url.path"] === path);
  const parents = fetched("/complete").map(({ parentSpanId }) => parentSpanId);
  const starts = [only(receiver, "start workflow order"), receiver.named("start workflow greet")[0]!];
  deepEqual(parents, starts.map(({ spanId }) => spanId));
  ok(fetched("/sink").length > 0);
  for (const { parentSpanId } of fetched("/sink")) equal(parentSpanId, "");
});

Deno.test("telemetry: starts, ends, durations, retries and the queue are measured", async () => {
  await using scene = new Scene();
  const { receiver } = scene;
  await scene.run("order");

  const order = { "wfe.workflow.definition.id": "order" };
  const greet = { "wfe.workflow.definition.id": "greet" };
  const sums = (name: string) =>
    pointsOf(receiver, name).map(({ unit, attributes, sum }) => [unit, attributes, sum]);
  deepEqual(sums("wfe.workflow.started"), [["{workflow}", greet, 1], ["{workflow}", order, 1]]);
  deepEqual(sums("wfe.workflow.completed"), [["{workflow}", greet, 1]]);
  deepEqual(sums("wfe.workflow.failed"), [["{workflow}", { ...order, "wfe.workflow.status": "Failed" }, 1]]);
  deepEqual(sums("wfe.step.retries"), [["{retry}", {
    ...order,
    "wfe.step.key": "Flaky",
    "wfe.step.undo": false,
    "error.type": "RangeError",
  }, 1]]);
  const lag = pointsOf(receiver, "wfe.queue.lag");
  deepEqual(lag.map(({ unit, attributes, count }) => [unit, attributes, count]), [["s", order, 2]]);
  const durations = pointsOf(receiver, "wfe.step.duration");
  equal(durations.reduce((total, { count }) => total + count!, 0), 9);
  const flaky = durations.filter(({ attributes }) => attributes["wfe.step.key"] === "Flaky");
  deepEqual(flaky.map(({ attributes, unit }) => [attributes["wfe.step.outcome"], unit]).sort(), [
    ["failed", "s"],
    ["success", "s"],
  ]);
});

Deno.test("telemetry: a run that another host takes from this one counts as lost", async () => {
  await using scene = new Scene();
  const { receiver } = scene;
  await scene.run("terminated");

  const lost = pointsOf(receiver, "wfe.lease.lost");
  deepEqual(lost.map(({ attributes, sum }) => [attributes, sum]), [[{ "wfe.lease.reason": "refused" }, 1]]);
  const end = only(receiver, "run workflow terminated");
  equal(end.attributes["wfe.workflow.status"], "Terminated");
  equal(end.status.code, 0);
});

Deno.test("telemetry: runs of a host whose lease is over count as lost, and their steps as interrupted", async () => {
  await using scene = new Scene();
  const { receiver } = scene;
  await scene.run("expired");

  const lost = pointsOf(receiver, "wfe.lease.lost");
  deepEqual(lost.map(({ attributes, sum }) => [attributes, sum]), [[{ "wfe.lease.reason": "expired" }, 1]]);
  deepEqual(
    receiver.named("run step Slow").map(({ attributes, status }) => [
      attributes["wfe.step.attempt"],
      attributes["wfe.step.outcome"],
      status.code,
    ]).sort(),
    [[1, "interrupted", 0], [2, "success", 0]],
  );
});

Deno.test("telemetry: a process that continues a run after a kill continues its trace", async () => {
  await using scene = new Scene();
  const { receiver } = scene;
  const arrived = (name: string) => receiver.named(name).length === 1;
  await scene.killAndContinue(
    { OTEL_DENO: "true" },
    () => arrived("start workflow journey") && arrived("run step First"),
  );

  const start = only(receiver, "start workflow journey");
  equal(start.parentSpanId, "");
  const rest = receiver.spans.filter(({ spanId, scope }) =>
    scope === "@wfe/engine" && spanId !== start.spanId
  );
  deepEqual(
    rest.map(({ name, attributes }) => [name, attributes["wfe.step.attempt"]]),
    [["run step First", 1], ["run step Second", 2], ["run step Third", 1], [
      "run workflow journey",
      undefined,
    ]],
  );
  for (const { traceId, parentSpanId } of rest) {
    deepEqual([traceId, parentSpanId], [start.traceId, start.spanId]);
  }
});

Deno.test("telemetry: a run that was started without it has one trace nevertheless", async () => {
  await using scene = new Scene();
  const { receiver } = scene;
  await scene.killAndContinue({}, () => true);

  const spans = receiver.spans.filter(({ scope }) => scope === "@wfe/engine");
  deepEqual(spans.map(({ name }) => name), ["run step Second", "run step Third", "run workflow journey"]);
  const digits = sha256("the-journey");
  for (const { traceId, parentSpanId } of spans) {
    deepEqual([traceId, parentSpanId], [digits.slice(0, 32), digits.slice(32, 48)]);
  }
});

Deno.test("telemetry: tracing and metrics can be switched off each for itself", async () => {
  await using scene = new Scene();
  const { receiver } = scene;
  await scene.run("order", { OTEL_DENO: "true", OTEL_DENO_TRACING: "false" });
  deepEqual(receiver.spans.filter(({ scope }) => scope === "@wfe/engine"), []);
  equal(pointsOf(receiver, "wfe.workflow.started").length, 2);

  await using without = new Scene();
  await without.run("order", { OTEL_DENO: "true", OTEL_DENO_METRICS: "false" });
  only(without.receiver, "run workflow order");
  deepEqual(without.receiver.points, []);
});
