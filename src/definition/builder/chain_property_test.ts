import { deepEqual, doesNotThrow, equal, notEqual, ok } from "node:assert/strict";
import fc from "fast-check";
import { WorkflowBuilder } from "../builder.ts";
import { getCode } from "../code.ts";
import type { WorkflowDefinition } from "../definition.ts";
import { ErrorBehavior } from "../error_behavior.ts";
import { storeDefinition } from "../hash.ts";
import { validateDefinition } from "../validate.ts";

/** A chain without its types: which verb fits behind another is up to the plans. */
// deno-lint-ignore no-explicit-any
type Loose = any;

/** A verb with what it is given, and what is said of its step behind it. */
interface Call {
  readonly verb: (chain: Loose, branch: (b: Loose) => Loose) => Loose;
  readonly more: readonly ((chain: Loose) => Loose)[];
  readonly inside: Plan;
}

type Plan = readonly Call[];

const work = () => {};
const yes = () => true;
const one = (b: Loose) => b.then(work);

class Work {
  run(): void {}
}

const bodies: readonly Call["verb"][] = [
  (c) => c.then(work),
  (c) => c.then(Work),
  (c) => c.thenFn(work),
  (c) => c.then({ type: "shell", config: { run: "make", env: { A: "1" } } }),
  (c, b) => c.then(work).do(b),
];

const primitives: readonly Call["verb"][] = [
  (c, b) => c.ifDo(yes, b),
  (c, b) => c.ifDo(yes, b).else(one),
  (c, b) => c.ifDo(yes, one, b),
  (c, b) => c.whileDo(yes, b),
  (c, b) => c.forEach(() => [1], b, { concurrency: 2, results: false, errors: "wait" }),
  (c, b) => c.forEach(() => [1], b, { sequential: true }),
  (c, b) => c.parallel((p: Loose) => p.branch(b).branch(one), { wait: "any", errors: "wait" }),
  (c, b) => c.parallel((p: Loose) => p.branch(b)),
  (c, b) => c.saga(b, { then: "continue" }),
  (c, b) => c.saga(b),
  (c) => c.waitFor("paid", "7", { since: 5 }),
  (c, b) => c.waitFor("paid", yes, { timeout: "1m", onTimeout: b, since: yes }),
  (c) => c.delay("5s"),
  (c) => c.delay(() => 5),
  (c) => c.decide(yes),
  (c, b) => c.decide(yes).outcome(true, b).outcome({ a: [1] }, one),
];

const modifiers: readonly ((chain: Loose) => Loose)[] = [
  (c) => c.rev("2"),
  (c) => c.onError(ErrorBehavior.retry({ on: ["E_BUSY"], then: "suspend" })),
  (c) => c.onError(ErrorBehavior.compensate()),
  (c) => c.compensateWith(work, { timeout: "1m", onError: ErrorBehavior.fail() }),
  (c) => c.compensateWith(Work),
  (c) => c.cancelWhen(yes, { proceed: true }),
  (c) => c.cancelWhen(yes),
  (c) => c.output("total"),
  (c) => c.output(() => ({ total: 1 })),
];

const ofBodies: readonly ((chain: Loose) => Loose)[] = [
  (c) => c.timeout("30s"),
  (c) => c.lock("door", { ttl: "10s", wait: "1m" }),
  (c) => c.lock(() => "door"),
  (c) => c.input(() => 5),
];

const { plan } = fc.letrec<{ plan: Plan; call: Call }>((tie) => {
  const inside = fc.oneof({ maxDepth: 3, withCrossShrink: true }, fc.constant([]), tie("plan"));
  const call = (verbs: readonly Call["verb"][], more: readonly Call["more"][number][]) =>
    fc.record({ verb: fc.constantFrom(...verbs), more: fc.subarray([...more]), inside });
  return {
    plan: fc.array(tie("call"), { minLength: 1, maxLength: 4 }),
    call: fc.oneof(call(bodies, [...modifiers, ...ofBodies]), call(primitives, modifiers)),
  };
});

/** Follows a plan behind a chain. Nothing has a name, so that keys are unique. */
function follow(chain: Loose, calls: Plan): Loose {
  for (const { verb, more, inside } of calls) {
    const branch = inside.length === 0 ? one : (b: Loose) => follow(b, inside);
    chain = verb(chain, branch);
    for (const modify of more) chain = modify(chain);
  }
  return chain;
}

function build(chain: Loose): WorkflowDefinition {
  return chain.build("random", 1);
}

/** Whether a value and everything in it is frozen, and none of it is a function or an instance of a class. */
function isFrozenData(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value !== "function" && value !== undefined;
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  return isPlain && Object.isFrozen(value) && Object.values(value).every(isFrozenData);
}

Deno.test("whatever is built is frozen data, which a store keeps and gives back the same", () => {
  fc.assert(fc.property(plan, (calls) => {
    const definition = build(follow(new WorkflowBuilder(), calls));
    ok(isFrozenData(definition));
    const copy = JSON.parse(JSON.stringify(definition));
    deepEqual(copy, definition);
    const { content, hash } = storeDefinition(definition);
    deepEqual(JSON.parse(content), copy);
    equal(storeDefinition(copy).hash, hash);
    doesNotThrow(() => validateDefinition(copy));
  }));
});

Deno.test("each step finds its code by its key, and only what the definition says it has", () => {
  fc.assert(fc.property(plan, (calls) => {
    const definition = build(follow(new WorkflowBuilder(), calls));
    const { steps } = getCode(definition);
    for (const { key, type, code = [] } of definition.steps) {
      const expected = [...type === "code" ? ["body"] : [], ...code];
      deepEqual(Object.keys(steps.get(key) ?? {}).sort(), expected.sort(), key);
    }
    const keys = new Set(definition.steps.map(({ key }) => key));
    ok([...steps.keys()].every((key) => keys.has(key)));
  }));
});

Deno.test("a prefix stays what it was, whatever is built on it, and each continuation is its own", () => {
  fc.assert(fc.property(plan, plan, plan, (prefix, first, second) => {
    const start = follow(new WorkflowBuilder(), prefix);
    const before = build(start);
    const [one, two] = [first, second].map((calls) => follow(start, calls));
    const built = [build(one), build(two)];
    deepEqual(build(start), before);
    deepEqual(
      built,
      [first, second].map((calls) => build(follow(new WorkflowBuilder(), [...prefix, ...calls]))),
    );
    deepEqual([build(one), build(two)], built);
  }));
});

Deno.test("the same verbs make the same definition; another one at the end makes another", () => {
  fc.assert(fc.property(plan, (calls) => {
    const chain = follow(new WorkflowBuilder(), calls);
    const hash = (of: Loose) => storeDefinition(build(of)).hash;
    equal(hash(follow(new WorkflowBuilder(), calls)), hash(chain));
    notEqual(hash(chain.delay(1)), hash(chain));
  }));
});
