import fc from "fast-check";
import { Chain } from "../definition/builder/chain.ts";
import { getCode, type StepCode } from "../definition/code.ts";
import type { WorkflowDefinition } from "../definition/definition.ts";
import { ErrorBehavior, type ErrorPolicy } from "../definition/error_behavior.ts";
import { NonRetryableError } from "../definition/errors.ts";
import { ExecutionResult } from "../definition/execution_result.ts";
import type { JsonObject } from "../definition/json.ts";
import type { StepContext } from "../definition/step_context.ts";

/** What a step of a random workflow may have beside its kind. */
interface Extras {
  readonly policy: number;
  readonly undo: boolean;
  readonly undoPolicy: number;
  /** It is cancelled when so many steps have succeeded. */
  readonly cancelAt: number | null;
  readonly proceeds: boolean;
  readonly maps: boolean;
  /** It also leads to the step behind the next one. */
  readonly forks: boolean;
}

/** A step of a random workflow. */
export type Node =
  & Extras
  & (
    | { readonly kind: "step"; readonly input: boolean }
    | { readonly kind: "ask"; readonly count: number; readonly body: readonly Node[] }
    | { readonly kind: "if"; readonly then: readonly Node[]; readonly else: readonly Node[] | null }
    | { readonly kind: "while"; readonly count: number; readonly body: readonly Node[] }
    | {
      readonly kind: "forEach";
      readonly count: number;
      readonly limit: number | null;
      readonly results: boolean;
      readonly body: readonly Node[];
    }
    | {
      readonly kind: "parallel";
      readonly any: boolean;
      readonly patient: boolean;
      readonly branches: readonly (readonly Node[])[];
    }
    | { readonly kind: "saga"; readonly goesOn: boolean; readonly body: readonly Node[] }
    | {
      readonly kind: "wait";
      readonly key: number;
      readonly timeout: boolean;
      readonly late: readonly Node[] | null;
    }
    | { readonly kind: "delay"; readonly length: number }
    | { readonly kind: "decide"; readonly yes: readonly Node[]; readonly no: readonly Node[] }
    | { readonly kind: "again"; readonly laps: number; readonly body: readonly Node[] }
    | { readonly kind: "end" }
  );

/** A random workflow. */
export interface Plan {
  readonly seed: number;
  readonly policy: number;
  readonly history: "full" | { readonly last: number };
  readonly chain: readonly Node[];
}

const policies: readonly (ErrorPolicy | undefined)[] = [
  undefined,
  undefined,
  ErrorBehavior.retry({ interval: 10, maxRetries: 1 }),
  ErrorBehavior.retry({ interval: 10, maxRetries: 2, backoff: 2, on: ["Error"] }),
  ErrorBehavior.retry({ interval: 10, maxRetries: 0, then: "suspend" }),
  ErrorBehavior.retry({ interval: 10, maxRetries: 1, then: "terminate" }),
  ErrorBehavior.retry({ interval: 10, maxRetries: 1, then: "compensate" }),
  ErrorBehavior.fail(),
  ErrorBehavior.suspend(),
  ErrorBehavior.terminate(),
  ErrorBehavior.compensate(),
  ErrorBehavior.compensate(),
];
const undoPolicies = [undefined, ErrorBehavior.fail(), ErrorBehavior.retry({ interval: 10, maxRetries: 1 })];

const extras: { [Key in keyof Extras]: fc.Arbitrary<Extras[Key]> } = {
  policy: fc.nat(policies.length - 1),
  undo: fc.boolean(),
  undoPolicy: fc.nat(undoPolicies.length - 1),
  cancelAt: fc.option(fc.nat(12), { freq: 6 }),
  proceeds: fc.boolean(),
  maps: fc.boolean(),
  forks: fc.nat(5).map((chance) => chance === 5),
};

const count = fc.nat(3);

const { chain } = fc.letrec<{ node: Node; leaf: Node; inner: Node; chain: readonly Node[] }>((tie) => {
  const body = tie("chain");
  const node = <Kind extends Node["kind"]>(kind: Kind, more: object): fc.Arbitrary<Node> =>
    fc.record({ kind: fc.constant(kind), ...extras, ...more }) as fc.Arbitrary<Node>;
  return {
    leaf: fc.oneof(
      { arbitrary: node("step", { input: fc.boolean() }), weight: 10 },
      { arbitrary: node("delay", { length: fc.integer({ min: 1, max: 40 }) }), weight: 2 },
      { arbitrary: node("end", {}), weight: 1 },
      {
        arbitrary: node("wait", { key: fc.nat(1), timeout: fc.boolean(), late: fc.constant(null) }),
        weight: 3,
      },
    ),
    inner: fc.oneof(
      { arbitrary: node("saga", { goesOn: fc.boolean(), body }), weight: 4 },
      { arbitrary: node("if", { then: body, else: fc.option(body) }), weight: 1 },
      { arbitrary: node("while", { count, body }), weight: 2 },
      {
        arbitrary: node("forEach", {
          count,
          limit: fc.option(fc.integer({ min: 1, max: 2 })),
          results: fc.boolean(),
          body,
        }),
        weight: 2,
      },
      {
        arbitrary: node("parallel", {
          any: fc.boolean(),
          patient: fc.boolean(),
          branches: fc.array(body, { minLength: 1, maxLength: 3 }),
        }),
        weight: 3,
      },
      { arbitrary: node("ask", { count, body }), weight: 1 },
      { arbitrary: node("wait", { key: fc.nat(1), timeout: fc.constant(true), late: body }), weight: 1 },
      { arbitrary: node("decide", { yes: body, no: body }), weight: 1 },
      { arbitrary: node("again", { laps: fc.nat(2), body }), weight: 1 },
    ),
    node: fc.oneof({ maxDepth: 3, depthSize: "small" }, tie("leaf"), tie("inner")),
    chain: fc.array(tie("node"), { minLength: 1, maxLength: 3, size: "max" }),
  };
});

/** Random workflows of all primitives. */
export const plans: fc.Arbitrary<Plan> = fc.record({
  seed: fc.nat(),
  policy: fc.nat(policies.length - 1),
  history: fc.oneof(
    { arbitrary: fc.constant("full" as const), weight: 4 },
    { arbitrary: fc.record({ last: fc.nat(2) }), weight: 1 },
  ),
  chain,
});

/** What the bodies and expressions of a random workflow do: the same, whenever they are asked the same. */
export class World {
  /** From now on everything succeeds. */
  isGood = false;
  /** How often the branch of a loop is run, by step key. */
  readonly counts: Map<string, number> = new Map();
  /** How many attempts of an activation, or its undo, have failed. */
  failuresOf: (idempotencyKey: string) => number = () => 0;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** A number below `below` that depends on what is given, and on nothing else. */
  draw(below: number, ...what: readonly unknown[]): number {
    let hash = this.#seed | 0;
    for (const sign of JSON.stringify(what)) {
      hash = Math.imul(hash ^ sign.charCodeAt(0), 0x5bd1e995) ^ (hash >>> 13);
    }
    return (hash >>> 1) % below;
  }

  /** Throws now and then. */
  mayThrow(seldom: number, ...what: readonly unknown[]): void {
    if (!this.isGood && this.draw(seldom, ...what) === 0) throw new Error(`${what[0]} throws`);
  }

  /** A body. */
  act(ctx: StepContext, asks: number | null): ExecutionResult {
    const { idempotencyKey: key, state = null, branches } = ctx;
    const outcome = this.isGood ? 0 : this.draw(22, key, state, branches ?? null, this.failuresOf(key));
    // Even what fails may have changed data and published: that must be dropped.
    ctx.update("done", (done) => (done as number) + 1);
    if (outcome % 5 === 1) ctx.publish("step", "key", [key, ctx.attempt]);
    if (outcome === 21 || outcome === 20 && branches) throw new NonRetryableError("final");
    if (outcome >= 17) throw outcome === 19 ? new TypeError("no") : new Error("no");
    if (asks !== null && branches === undefined) {
      return ExecutionResult.branch(new Array(asks).fill(null).map((_, index) => index), "asked");
    }
    if (state === null && outcome === 14) return ExecutionResult.sleep(this.draw(30, key) + 1, "slept");
    if (state === null && outcome === 15) return ExecutionResult.persist("kept");
    if (state === null && outcome === 16) {
      return ExecutionResult.waitForEvent("event", "0", {
        state: "waited",
        ...(this.draw(2, key) && { timeout: 25 }),
      });
    }
    return outcome === 13 ? ExecutionResult.outcome(true) : ExecutionResult.next(key);
  }

  /** An undo. */
  undo(ctx: StepContext): void {
    const { idempotencyKey: key } = ctx;
    ctx.update("undone", (undone) => (undone as number) + 1);
    if (!this.isGood && this.draw(4, key, this.failuresOf(key)) === 0) throw new Error("no undo");
  }
}

/** The data that a random workflow starts with. */
export const firstData: JsonObject = { done: 0, undone: 0, mapped: 0 };

/** Makes a definition, and its code, of a plan. */
export function build(
  plan: Plan,
  world: World,
): { readonly definition: WorkflowDefinition; readonly code: ReadonlyMap<string, StepCode> } {
  const builder = new PlanBuilder(world);
  const onError = policies[plan.policy];
  const start = new Chain({ history: plan.history, ...(onError && { onError }) });
  const built = builder.chain(start, plan.chain).build("random", 1);
  const definition = {
    ...built,
    steps: built.steps.map((step) => {
      const more = builder.forks.get(step.key);
      return more === undefined ? step : { ...step, next: [...step.next ?? [], more] };
    }),
  };
  return { definition, code: getCode(built).steps };
}

class PlanBuilder {
  /** Second successors by key. */
  readonly forks = new Map<string, string>();
  readonly #world: World;
  #made = 0;

  constructor(world: World) {
    this.#world = world;
  }

  chain(start: Chain, nodes: readonly Node[]): Chain {
    const names: string[] = [];
    let chain = start;
    for (const node of nodes) {
      const name = `${node.kind}${++this.#made}`;
      names.push(name);
      if ("count" in node) this.#world.counts.set(name, node.count);
      chain = this.#node(chain, node, name);
      if (endsAlways(node)) break;
    }
    nodes.forEach(({ forks, kind }, index) => {
      const to = names[index + 2];
      if (forks && to !== undefined && kind !== "again") this.forks.set(names[index]!, to);
    });
    return chain;
  }

  #branch(nodes: readonly Node[]): (chain: Chain) => Chain {
    return (chain) => this.chain(chain, nodes);
  }

  #node(before: Chain, node: Node, name: string): Chain {
    const world = this.#world;
    if (node.kind === "again") {
      const lap = this.chain(before.thenFn((ctx) => world.act(ctx, null)).name(name), node.body);
      return endsAlways(node) ? lap : this.#lap(lap, node.laps, name);
    }
    let chain = this.#kind(before, node, name).name(name);
    if (node.kind === "end") return chain;
    const onError = policies[node.policy];
    if (onError) chain = chain.onError(onError);
    if (node.undo) {
      const policy = undoPolicies[node.undoPolicy];
      chain = chain.compensateWith((ctx) => world.undo(ctx), policy && { onError: policy });
    }
    const { cancelAt, proceeds: proceed } = node;
    if (cancelAt !== null) {
      chain = chain.cancelWhen(({ done }) => {
        world.mayThrow(20, name, "cancelWhen", done);
        return (done as number) >= cancelAt;
      }, { proceed });
    }
    if (node.maps) {
      chain = chain.output((_output, data) => {
        world.mayThrow(10, name, "output", data.done);
        return { mapped: (data.mapped as number) + 1 };
      });
    }
    return chain;
  }

  #kind(chain: Chain, node: Exclude<Node, { readonly kind: "again" }>, name: string): Chain {
    const world = this.#world;
    switch (node.kind) {
      case "step": {
        const step = chain.thenFn((ctx) => world.act(ctx, null));
        if (!node.input) return step;
        return step.input((data, { index }) => {
          world.mayThrow(10, name, "input", index, data.done);
          return index;
        });
      }
      case "ask":
        return chain.thenFn((ctx) => world.act(ctx, node.count)).do(this.#branch(node.body));
      case "if":
        return chain.ifDo(
          ({ done }, { index }) => {
            world.mayThrow(10, name, index, done);
            return world.draw(2, name, index) === 0;
          },
          this.#branch(node.then),
          node.else === null ? undefined : this.#branch(node.else),
        );
      case "while":
        return chain.whileDo(({ done }, { index }) => {
          world.mayThrow(15, name, index, done);
          return index < node.count;
        }, this.#branch(node.body));
      case "forEach": {
        const { count, limit, results } = node;
        return chain.forEach(
          ({ done }, { index }) => {
            world.mayThrow(10, name, index, done);
            return new Array(count).fill(0).map((_, item) => item);
          },
          this.#branch(node.body),
          { results, ...(limit !== null && { concurrency: limit }) },
        );
      }
      case "parallel": {
        const { any, patient, branches } = node;
        const options = { wait: any ? "any" : "all", errors: patient ? "wait" : "cancel" } as const;
        return chain.parallel(
          (parallel) => branches.reduce((made, branch) => made.branch(this.#branch(branch)), parallel),
          options,
        );
      }
      case "saga":
        return chain.saga(this.#branch(node.body), { then: node.goesOn ? "continue" : "fail" });
      case "wait":
        return chain.waitFor("event", String(node.key), {
          ...(node.timeout && { timeout: 25 }),
          ...(node.late && { onTimeout: this.#branch(node.late) as never }),
        });
      case "delay":
        return chain.delay(({ done }) => {
          world.mayThrow(10, name, done);
          return node.length;
        });
      case "decide":
        return chain.decide(({ done }, { index }) => {
          world.mayThrow(10, name, done);
          return world.draw(2, name, index) === 0;
        }).outcome(true, this.#branch(node.yes)).outcome(false, this.#branch(node.no));
      case "end":
        return chain.endWorkflow();
    }
  }

  /** Leads back to a step, a number of times in a run. */
  #lap(chain: Chain, laps: number, name: string): Chain {
    return chain.decide((data) => data[name] as number ?? 0).name(`${name} lap`)
      .output((lap) => ({ [name]: lap as number + 1 }))
      .outcome(0, (b: Chain) => laps > 0 ? b.attach(name) : b.delay(1))
      .outcome(1, (b: Chain) => laps > 1 ? b.attach(name) : b.delay(1))
      .outcome(2, (b: Chain) => b.delay(1));
  }
}

/** Whether nothing can follow a step, because every way behind it ends the run. */
function endsAlways(node: Node): boolean {
  switch (node.kind) {
    case "end":
      return true;
    case "decide":
      return node.yes.some(endsAlways) && node.no.some(endsAlways);
    case "again":
      return node.body.some(endsAlways);
    default:
      return false;
  }
}
