/**
 * A program with workflows, to be run with and without telemetry: `workflow_program.ts MODE DATABASE URL FOLDER`. It may
 * neither read the environment nor knows anything of OpenTelemetry, but for the span of its own around the start.
 *
 * @module
 */
import {
  ErrorBehavior,
  ExecutionResult,
  MemoryPersistence,
  type Persistence,
  type StepContext,
  WorkflowBuilder,
  type WorkflowHost,
  WorkflowHostBuilder,
} from "../../mod.ts";
import { makeSecrets } from "../../executors/secrets/mask.ts";
import { HOSTILE_VALUES } from "../../src/yaml/expression/testdata/hostile_values.ts";
import { ShellExecutor } from "../../executors/shell.ts";
import { SqliteProvider } from "../../providers/sqlite/mod.ts";
import { type Clock, systemClock } from "../../src/engine/clock.ts";
import { untilAborted } from "../../src/engine/testing_host.ts";

const [mode, database, url, folder] = Deno.args as [string, string, string, string];

async function visit(path: string): Promise<void> {
  const response = await fetch(`${url}${path}`);
  await response.body?.cancel();
}

const order = new WorkflowBuilder()
  .startWith(() => visit("/price")).name("Fetch")
  .then((ctx) => {
    if (ctx.attempt === 1) throw new RangeError("too flaky");
  }).name("Flaky").onError(ErrorBehavior.retry({ interval: 20, maxRetries: 1 }))
  .then((ctx) => ctx.state === undefined ? ExecutionResult.sleep(10, true) : undefined).name("Nap")
  .saga((saga) =>
    saga
      .then(() => {}).name("Reserve").compensateWith(() => visit("/unreserve"))
      .then(() => {
        throw new TypeError("no money");
      }).name("Pay")
  )
  .build("order", 3);

const greet = new WorkflowBuilder().startWith(() => {}).name("Greet").build("greet", 1);

const journey = new WorkflowBuilder()
  .startWith(() => {}).name("First")
  .then(() => visit("/hang")).name("Second")
  .then(() => {}).name("Third")
  .build("journey", 1);

const terminated = new WorkflowBuilder()
  .startWith((ctx) => other.terminateWorkflow(ctx.workflow.id)).name("Slow")
  .build("terminated", 1);

const expired = new WorkflowBuilder()
  .startWith(async (ctx) => {
    if (ctx.attempt > 1) return;
    const aborted = untilAborted(ctx as StepContext);
    await store.removeHost((await store.get(ctx.workflow.id))!.owner!);
    await aborted;
  }).name("Slow")
  .build("expired", 1);

const secretive = new WorkflowBuilder({ secrets: { TOKEN: { env: "TOKEN" } }, onError: ErrorBehavior.fail() })
  .startWith((ctx) => {
    throw new RangeError(`no access with ${ctx.secrets?.values.TOKEN}`);
  }).name("Slow")
  .build("secretive", 1);

const hostile = new WorkflowBuilder<{ value: string }>({ onError: ErrorBehavior.fail() })
  .startWith(({ data }) => {
    throw new RangeError(data.value);
  }).name("Hostile")
  .build("hostile", 1);

const shell = new WorkflowBuilder()
  .startWith({
    type: "shell",
    config: { run: { text: 'echo "parent=${TRACEPARENT-none}" >> "$WFE_OUTPUT"', expressions: {} } },
  }).name("Sh")
  .then((ctx) => visit(`/${ctx.data.parent}`)).name("Tell")
  .build("shell", 1);

/** A thousand times as fast, so that a heartbeat is soon. */
const fastClock: Clock = {
  monotonic: () => performance.now(),
  schedule: (delay, callback) => systemClock.schedule(delay / 1_000, callback),
};

function makeHost(store: Persistence): WorkflowHost {
  const clock = mode === "expired" ? fastClock : systemClock;
  const host = new WorkflowHostBuilder().usePersistence(store).useClock(clock)
    .useSecrets({ resolve: () => Promise.resolve(makeSecrets({ TOKEN: "the-secret-value" })) })
    .useMiddleware({ complete: (_, next) => visit("/complete").then(next) })
    .useExecutor(new ShellExecutor({ directory: folder }))
    .useLifecycle({ name: "sink", publish: () => visit("/sink") })
    .build();
  [order, greet, journey, terminated, expired, secretive, hostile, shell].forEach((definition) =>
    host.registerWorkflow(definition)
  );
  return host;
}

await using store = database === "" ? new MemoryPersistence() : await SqliteProvider.open(database);
await using host = makeHost(store);
/** As if in another process: what it does to a run, the first host learns from the store. */
await using other = makeHost(store);
await host.start();

switch (mode) {
  case "order": {
    const tracer = Deno.telemetry.tracerProvider.getTracer("caller");
    const run = await tracer.startActiveSpan("request", async (span: { end(): void }) => {
      const run = await host.startWorkflow("order", {}, { runId: "the-order" });
      span.end();
      return run;
    });
    await run.result().catch(() => {});
    const again = { idempotencyKey: "once" };
    await (await host.startWorkflow("greet", {}, again)).result();
    await host.startWorkflow("greet", {}, again);
    break;
  }
  case "journey": {
    if (await host.getWorkflow("the-journey") === null) {
      await host.startWorkflow("journey", {}, { runId: "the-journey" });
    }
    await host.getHandle("the-journey").result();
    break;
  }
  case "hostile": {
    for (const value of HOSTILE_VALUES) {
      await (await host.startWorkflow("hostile", { value })).result().catch(() => {});
    }
    break;
  }
  case "shell":
  case "secretive":
  case "terminated":
  case "expired":
    await (await host.startWorkflow(mode)).result().catch(() => {});
    break;
}
