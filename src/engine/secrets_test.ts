import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { WorkflowBuilder } from "../definition/builder.ts";
import { ErrorBehavior } from "../definition/error_behavior.ts";
import { RetryAfterError } from "../definition/errors.ts";
import { ExecutionResult } from "../definition/execution_result.ts";
import type { SecretResolver, Secrets } from "../definition/secrets.ts";
import type { StepContext } from "../definition/step_context.ts";
import type { StepFunction } from "../definition/step_body.ts";
import { MemoryPersistence } from "../memory/persistence.ts";
import { guardAttempt } from "./guard_attempt.ts";
import type { HostOptions } from "./host_options.ts";
import { RunSecrets } from "./run_secrets.ts";
import { VirtualClock } from "../testing/virtual_clock.ts";
import { startHostWith } from "./testing_host.ts";

const secret = "the-secret-value";

/** Knows one secret, and only as it is. */
class Resolver implements SecretResolver {
  count = 0;

  resolve(): Promise<Secrets> {
    this.count++;
    const mask = (text: string) => text.replaceAll(secret, "***");
    return Promise.resolve({
      values: { TOKEN: secret },
      mask,
      find: (text: string) => text.includes(secret) ? "TOKEN" : undefined,
      maskLines: (emit: (line: string) => void) => {
        const held: string[] = [];
        return {
          push: (line: string) => void held.push(line),
          end: () => held.forEach((line) => emit(mask(line))),
        };
      },
    });
  }
}

const secrets = { TOKEN: { env: "TOKEN" } };

/** Runs a workflow of these steps to its end; tells all that it has left anywhere. */
async function run(
  bodies: readonly StepFunction[],
  options: Partial<HostOptions> = {},
): Promise<
  { persistence: MemoryPersistence; status: string; message: string; everything: string; lines: string[] }
> {
  const persistence = new MemoryPersistence();
  let chain = new WorkflowBuilder({ secrets, onError: ErrorBehavior.fail() }).startWith(bodies[0]!).name(
    "Step 1",
  );
  bodies.slice(1).forEach((body, index) => chain = chain.then(body).name(`Step ${index + 2}`));
  const seen: unknown[] = [];
  const host = await startHostWith(
    { persistence, secrets: new Resolver(), ...options },
    chain.build("run", 1),
  );
  host.onEvent((event) => seen.push(event));
  host.onLog((line) => seen.push(line));
  const handle = await host.startWorkflow("run", {}, { runId: "run" });
  await handle.atRest();
  await host.stop();
  const stored = await persistence.get("run");
  const pointers = await persistence.pointers("run");
  const log = await persistence.readLog("run", { after: 0, limit: 1000 });
  const failed = pointers.find(({ error }) => error !== null)?.error;
  return {
    persistence,
    status: stored!.status,
    message: failed?.message ?? "",
    everything: JSON.stringify([seen, stored, pointers, log]),
    lines: log.map(({ text }) => text),
  };
}

Deno.test("a step finds the workflow's secrets in its context; they are found once for all steps", async () => {
  const resolver = new Resolver();
  const found: unknown[] = [];
  const look = (ctx: StepContext) => void found.push(ctx.secrets?.values);
  const { status } = await run([look, look], { secrets: resolver });
  equal(status, "Complete");
  deepEqual(found, [{ TOKEN: secret }, { TOKEN: secret }]);
  equal(resolver.count, 1);
});

Deno.test("what a step logs is masked, to its last line", async () => {
  const { lines, everything } = await run([(ctx) => {
    ctx.logger.info(`with ${secret}`);
    ctx.logger.write("stdout", `and ${secret}`);
  }]);
  deepEqual(lines, ["with ***", "and ***"]);
  ok(!everything.includes(secret));
});

Deno.test("what a step throws is masked: message, name, code and stack, of errors and of anything else", async () => {
  const thrown: unknown[] = [
    Object.assign(new TypeError(`bad ${secret}`, { cause: secret }), { code: `E_${secret}`, detail: secret }),
    Object.assign(new Error("plain"), { name: secret, stack: `at ${secret}` }),
    `bad ${secret}`,
    { reason: [secret] },
    new Proxy(new Error(secret), {
      get: () => {
        throw new Error(secret);
      },
      getPrototypeOf: () => {
        throw new Error(secret);
      },
    }),
  ];
  for (const one of thrown) {
    const { status, everything } = await run([() => {
      throw one;
    }]);
    equal(status, "Failed");
    ok(!everything.includes(secret), everything);
  }
  const { message } = await run([() => {
    throw thrown[0];
  }]);
  equal(message, "bad ***");
});

Deno.test("an error that is masked decides as before whether and when the step is tried again", async () => {
  const clock = new VirtualClock();
  const times: number[] = [];
  const definition = new WorkflowBuilder({ secrets }).startWith(() => {
    times.push(clock.monotonic());
    if (times.length === 1) throw new RetryAfterError(`slow down, ${secret}`, 60_000);
    throw Object.assign(new Error(secret), { retryable: false });
  }).name("Step").onError(ErrorBehavior.retry({ maxRetries: 5, interval: 1 })).build("run", 1);
  const persistence = new MemoryPersistence({ clock });
  const host = await startHostWith({ persistence, clock, secrets: new Resolver() }, definition);
  const handle = await host.startWorkflow("run");
  const { status } = await clock.until(handle.atRest());
  await clock.until(host.stop());
  equal(status, "Failed");
  deepEqual(times.map((time) => time - times[0]!), [0, 60_000]);
});

Deno.test("what a step wants to have kept is refused where it holds a secret, and the error names the secret", async () => {
  const bodies: Record<string, StepFunction> = {
    "output": () => ({ nested: [secret] }),
    "a key of the output": () => ({ [`x${secret}`]: 1 }),
    "data": (ctx) => ctx.set({ token: secret }),
    "attributes": (ctx) => ctx.setAttributes({ token: secret }),
    "data by update": (ctx) => ctx.update("token" as never, (() => secret) as never),
    "what is thrown in update": (ctx) =>
      ctx.update(
        "token" as never,
        (() => {
          throw new Error(secret);
        }) as never,
      ),
    "event": (ctx) => ctx.publish("event", "key", { token: secret }),
    "event key": (ctx) => ctx.publish("event", secret),
    "event to wait for": () => ExecutionResult.waitForEvent("event", secret),
    "state": () => ExecutionResult.persist({ token: secret }),
    "values of branches": () => ExecutionResult.branch([secret]),
    "outcome": () => ExecutionResult.outcome(secret),
    "held": (ctx) => ctx.hold({ pid: secret }).then(() => null),
  };
  for (const [name, body] of Object.entries(bodies)) {
    const { status, message, everything } = await run([body]);
    equal(status, "Failed", name);
    match(
      message,
      name.startsWith("what is") ? /^\*\*\*$/ : /^Cannot store .*: it holds the secret "TOKEN"/,
      name,
    );
    ok(!everything.includes(secret), name);
  }
});

Deno.test("a number that is a secret is refused too", async () => {
  const digits = "4242424242424242";
  const resolver: SecretResolver = {
    resolve: async () => ({
      ...await new Resolver().resolve(),
      find: (text: string) => text.includes(digits) ? "TOKEN" : undefined,
    }),
  };
  const { message } = await run([() => ({ card: Number(digits) })], { secrets: resolver });
  match(message, /^Cannot store output\.card: it holds the secret "TOKEN"/);
});

Deno.test("a progress note is masked", async () => {
  const notes: string[] = [];
  const parts = { context: { note: (text: string) => notes.push(text) }, body: () => {} };
  const { body, context } = guardAttempt(parts as never, () => new Resolver().resolve());
  await body({ signal: new AbortController().signal } as StepContext);
  context.note(`using ${secret}`);
  deepEqual(notes, ["using ***"]);
});

Deno.test("where secrets cannot be found the step fails, and its body does not begin", async () => {
  let begun = 0;
  const body = () => void begun++;
  const refusing = { resolve: () => Promise.reject(new Error("no vault")) };
  equal((await run([body], { secrets: refusing })).message, "no vault");
  equal(
    (await run([body], { secrets: null })).message,
    'Cannot run a step of workflow "run": it names secrets, and this host does not find them. ' +
      "Build it with useSecrets(new SecretReader())",
  );
  equal(begun, 0);
});

Deno.test("secrets that were not found are looked for again by the next attempt", async () => {
  let tries = 0;
  const resolver: SecretResolver = {
    resolve: () => ++tries === 1 ? Promise.reject(new Error("no vault")) : new Resolver().resolve(),
  };
  const definition = new WorkflowBuilder({ secrets }).startWith(() => {}).name("Step").build("run", 1);
  const run = new RunSecrets(definition, resolver);
  await rejects(run.known(), /no vault/);
  deepEqual((await run.known()).values, { TOKEN: secret });
  await run.known();
  equal(tries, 2);
});

Deno.test("a step that waits for its secrets ends when it is cut short", async () => {
  const hanging = { resolve: () => new Promise<never>(() => {}) };
  const definition = new WorkflowBuilder({ secrets, onError: ErrorBehavior.fail() }).startWith(() => {}).name(
    "Step",
  )
    .timeout("20ms").build("run", 1);
  const host = await startHostWith({ persistence: new MemoryPersistence(), secrets: hanging }, definition);
  const handle = await host.startWorkflow("run");
  const { status } = await handle.atRest();
  await host.stop();
  equal(status, "Failed");
});
