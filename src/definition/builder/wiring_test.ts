import { deepEqual, equal, notEqual, ok, throws } from "node:assert/strict";
import { WorkflowBuilder } from "../builder.ts";
import { getCode } from "../code.ts";
import type { StepDefinition } from "../definition.ts";
import { ErrorBehavior } from "../error_behavior.ts";
import { ExecutionResult } from "../execution_result.ts";
import { storeDefinition } from "../hash.ts";

interface Pizza {
  readonly total: number;
  readonly left: number;
  readonly oven: string;
  readonly toppings: readonly string[];
  readonly receipt?: string;
}

class Stretch {
  run(): void {}
}

const work = () => {};
const start = new WorkflowBuilder<Pizza>();

/** Steps by key, as JSON without their keys. */
function wired(chain: { build(id: string, version: number): { readonly steps: readonly StepDefinition[] } }) {
  const { steps } = chain.build("pizza", 1);
  return Object.fromEntries(steps.map(({ key, ...step }) => [key, step]));
}

Deno.test("ifDo() has a branch for each side, and leads on behind both", () => {
  const both = {
    "1:if": { type: "if", code: ["condition"], branches: ["1:if/then/1:Stretch", "no"], next: ["last"] },
    "1:if/then/1:Stretch": { type: "code" },
    no: { type: "code" },
    last: { type: "code", name: "last" },
  };
  const long = (data: Pizza) => data.total > 100;
  const other = start.ifDo(long, (b) => b.then(Stretch)).else((b) => b.then(work).id("no"));
  deepEqual(wired(other.then(work).name("last")), both);
  const third = start.ifDo(long, (b) => b.then(Stretch), (b) => b.then(work).id("no"));
  deepEqual(wired(third.then(work).name("last")), both);
  deepEqual(wired(start.ifDo(long, (b) => b.then(Stretch)))["1:if"]?.branches, ["1:if/then/1:Stretch"]);
});

Deno.test("whileDo() and forEach() have one branch; concurrency, results and errors are config", () => {
  deepEqual(wired(start.whileDo((data) => data.left > 0, (b) => b.then(Stretch).then(work))), {
    "1:while": { type: "while", code: ["condition"], branches: ["1:while/do/1:Stretch"] },
    "1:while/do/1:Stretch": { type: "code", next: ["1:while/do/2:work"] },
    "1:while/do/2:work": { type: "code" },
  });
  const each = (options?: Parameters<typeof start.forEach>[2]) =>
    wired(start.forEach((data) => data.toppings, (b) => b.then(work), options))["1:forEach"];
  const forEach = { type: "forEach", code: ["collection"], branches: ["1:forEach/do/1:work"] };
  deepEqual(each(), forEach);
  deepEqual(each({ sequential: false, results: true, errors: "cancel" }), forEach);
  deepEqual(each({ concurrency: 3, results: false }), {
    ...forEach,
    config: { concurrency: 3, results: false },
  });
  deepEqual(each({ sequential: true, errors: "wait" }), {
    ...forEach,
    config: { concurrency: 1, errors: "wait" },
  });
});

Deno.test("parallel() numbers its branches; saga() has one", () => {
  const parallel = start.parallel((p) => p.branch((b) => b.then(Stretch)).branch((b) => b.delay(5)), {
    wait: "any",
    errors: "wait",
  });
  deepEqual(wired(parallel), {
    "1:parallel": {
      type: "parallel",
      config: { wait: "any", errors: "wait" },
      branches: ["1:parallel/1/1:Stretch", "1:parallel/2/1:delay"],
    },
    "1:parallel/1/1:Stretch": { type: "code" },
    "1:parallel/2/1:delay": { type: "delay", config: { duration: 5 } },
  });
  const plain = start.parallel((p) => p.branch((b) => b.then(work)), { wait: "all", errors: "cancel" });
  equal(wired(plain)["1:parallel"]?.config, undefined);

  const retry = ErrorBehavior.retry({ maxRetries: 2 });
  const saga = start.saga((s) => s.then(work).name("Pay").compensateWith(Stretch, { timeout: "1s" }), {
    then: "continue",
  }).name("Order").compensateWith(work, { onError: retry }).onError(retry);
  deepEqual(wired(saga), {
    Order: {
      type: "saga",
      name: "Order",
      config: { then: "continue" },
      onError: { ...retry },
      undo: { onError: { ...retry } },
      code: ["undo"],
      branches: ["Pay"],
    },
    Pay: { type: "code", name: "Pay", code: ["undo"], undo: { timeout: 1_000 } },
  });
});

Deno.test("waitFor() and delay() take values and functions", () => {
  const since = new Date(5_000);
  const fixed = start.waitFor("oven", "7", { timeout: "1m", onTimeout: (b) => b.endWorkflow(), since })
    .waitFor("oven", (data) => data.oven, { since: (data) => data.total })
    .delay((_data, scope) => scope.index).delay("1s");
  deepEqual(wired(fixed), {
    "1:waitFor": {
      type: "waitFor",
      config: { event: "oven", key: "7", timeout: 60_000, since: 5_000 },
      branches: ["1:waitFor/onTimeout/1:end"],
      next: ["2:waitFor"],
    },
    "1:waitFor/onTimeout/1:end": { type: "end" },
    "2:waitFor": {
      type: "waitFor",
      config: { event: "oven" },
      code: ["eventKey", "since"],
      next: ["3:delay"],
    },
    "3:delay": { type: "delay", code: ["duration"], next: ["4:delay"] },
    "4:delay": { type: "delay", config: { duration: 1_000 } },
  });
});

Deno.test("outcomes are in the scope of their step, and what follows is behind the ends of all of them", () => {
  const chain = start.decide((data) => data.total > 3)
    .outcome(true, (b) => b.then(work).then(Stretch))
    .outcome(false, (b) => b.decide(() => 1).id("inner").outcome(1, (b) => b.then(work).id("one")))
    .then(work).id("last");
  deepEqual(wired(chain), {
    "1:decide": {
      type: "decide",
      code: ["value"],
      outcomes: [{ value: true, next: "1:decide/true/1:work" }, { value: false, next: "inner" }],
    },
    "1:decide/true/1:work": { type: "code", next: ["1:decide/true/2:Stretch"] },
    "1:decide/true/2:Stretch": { type: "code", next: ["last"] },
    inner: { type: "decide", code: ["value"], outcomes: [{ value: 1, next: "one" }] },
    one: { type: "code", next: ["last"] },
    last: { type: "code" },
  });
});

Deno.test("a step of any body may have outcomes, and a branch for the values it asks for", () => {
  const split = () => ExecutionResult.branch([1, 2]);
  const chain = start.then(split).do((b) => b.then(Stretch)).outcome("none", (b) => b.endWorkflow());
  deepEqual(wired(chain), {
    "1:split": {
      type: "code",
      branches: ["1:split/do/1:Stretch"],
      outcomes: [{ value: "none", next: "1:split/none/1:end" }],
    },
    "1:split/do/1:Stretch": { type: "code" },
    "1:split/none/1:end": { type: "end" },
  });
  throws(() => chain.then(work).build("pizza", 1), /nothing leads to step "2:work"/);
});

Deno.test("attach() leads back and forth, by id or by name", () => {
  const chain = start.then(work).name("Ask").id("ask")
    .decide((data) => data.total).id("check")
    .outcome(0, (b) => b.then(work).id("again").attach("Ask"))
    .outcome(1, (b) => b.attach("ask"))
    .outcome(2, (b) => b.attach("last"))
    .outcome(3, (b) => b.then(work).id("ok"))
    .then(work).id("last");
  const steps = wired(chain);
  deepEqual(steps.check?.outcomes, [
    { value: 0, next: "again" },
    { value: 1, next: "ask" },
    { value: 2, next: "last" },
    { value: 3, next: "ok" },
  ]);
  deepEqual([steps.again?.next, steps.ok?.next], [["ask"], ["last"]]);
  deepEqual(wired(start.then(work).id("loop").attach("loop")), { loop: { type: "code", next: ["loop"] } });
});

Deno.test("a step has its options, and the roles of its code in order", () => {
  const chain = start.then({ type: "shell", config: { run: "make" } }).name("Build").timeout("2m").rev("2")
    .input((data) => data.total)
    .output((_output, data) => ({ total: data.total + 1 }))
    .cancelWhen((data) => data.left === 0, { proceed: true })
    .compensateWith(Stretch)
    .then(() => "42").output("receipt").cancelWhen(() => false);
  deepEqual(wired(chain), {
    Build: {
      type: "shell",
      name: "Build",
      config: { run: "make" },
      timeout: 120_000,
      rev: "2",
      code: ["cancelWhen", "input", "output", "undo"],
      undo: {},
      cancelProceeds: true,
      next: ["2:step"],
    },
    "2:step": { type: "code", code: ["cancelWhen", "output"] },
  });
});

Deno.test("code is found by step key and does what it was written for", () => {
  const scope = { item: null, index: 0, vars: {} };
  const chain = start.then(() => "r1").name("Pay").output("receipt")
    .ifDo((data) => data.total > 1, (b) => b.then(Stretch).id("in")).id("big");
  const { steps } = getCode(chain.build("pizza", 1));
  deepEqual(steps.get("Pay")?.output?.("r1", {}, scope), { receipt: "r1" });
  deepEqual([1, 2].map((total) => steps.get("big")?.condition?.({ total }, scope)), [false, true]);
  equal(typeof steps.get("in")?.body, "function");
});

Deno.test("a class is made anew for each attempt, also where run is a field", async () => {
  let made = 0;
  class Counted {
    readonly number = ++made;
    run = () => this.number;
  }
  const { steps } = getCode(start.then(Counted).id("c").build("pizza", 1));
  const attempt = async () => await steps.get("c")!.body!({} as never);
  deepEqual([await attempt(), await attempt()], [1, 2]);
});

Deno.test("the input schema is kept beside the definition, description and history in it", () => {
  const input = {
    "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value: value as Pizza }) },
  } as const;
  const options = { description: "Bakes", history: { last: 3 }, onError: ErrorBehavior.suspend(), input };
  const definition = new WorkflowBuilder(options).then(work).name("One").build("pizza", 1);
  const { description, history, onError } = definition;
  deepEqual({ description, history, onError }, {
    description: "Bakes",
    history: { last: 3 },
    onError: { kind: "suspend" },
  });
  equal(getCode(definition).input, input);
  ok(!JSON.stringify(definition).includes("standard"));
});

Deno.test("equal wiring gives equal definitions, whatever the code; a rev makes another", () => {
  const make = (body: () => void, rev?: string) => {
    const step = start.ifDo(() => body === work, (b) => b.then(body).name("In")).name("If").then(body).name(
      "Out",
    );
    return storeDefinition((rev === undefined ? step : step.rev(rev)).build("pizza", 1));
  };
  equal(make(work).content, make(() => {}).content);
  equal(make(work).hash, make(() => {}).hash);
  notEqual(make(work, "2").hash, make(work).hash);
});

Deno.test("a branch can be described once and used twice, as can a prefix", () => {
  const warm = start.then(work).name("Warm");
  const chain = warm.parallel((p) => {
    const one = p.branch((b) => b.then(Stretch));
    return one.branch((b) => b.then(Stretch));
  });
  equal(Object.keys(wired(chain)).length, 4);
  deepEqual(Object.keys(wired(warm)), ["Warm"]);
});

Deno.test("what a caller gave is neither frozen nor kept", () => {
  const config = { env: { A: "1" } };
  const onError = { kind: "suspend" as const };
  const definition = start.then({ type: "shell", config }).name("Build").onError(onError).build("pizza", 1);
  config.env.A = "2";
  deepEqual(definition.steps[0]?.config, { env: { A: "1" } });
  ok(Object.isFrozen(definition.steps[0]?.onError) && !Object.isFrozen(onError));
});

Deno.test("ten thousand steps can be built", () => {
  let chain = start.then(work).name("0");
  for (let index = 1; index < 10_000; index++) chain = chain.then(work).name(String(index));
  equal(chain.build("long", 1).steps.length, 10_000);
});
