import type { WorkflowBuilder } from "../builder.ts";
import { frozenJson } from "../canonical_json.ts";
import { attachCode, type Expression, type OutputMapping, type StepCode } from "../code.ts";
import { isPrimitive, type WorkflowDefinition } from "../definition.ts";
import { type Duration, parseDuration } from "../duration.ts";
import type { ErrorPolicy } from "../error_behavior.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { lockTtl, type StepLockOptions } from "../lock.ts";
import type { Template } from "../template.ts";
import { validateDefinition } from "../validate.ts";
import type { CancelWhenOptions, CompensateOptions } from "./added_step.ts";
import { type Body, type ExecutorStep, toStepFunction } from "./body.ts";
import type { BranchDraft, ChainDraft, JumpDraft, StepDraft } from "./draft.ts";
import {
  type BriefDraft,
  concurrencyOf,
  configOf,
  executorDraft,
  kindOf,
  requireFunction,
} from "./drafts.ts";
import { ParallelDraft } from "./parallel_draft.ts";
import type { DecideBuilder, IfBuilder, StepBuilder } from "./step_builder.ts";
import type { ForEachOptions, ParallelOptions, SagaOptions, WaitForOptions } from "./verb_options.ts";
import { wire } from "./wiring.ts";
import type { WorkflowOptions } from "./workflow_options.ts";

type MethodsOf<Builder> = Record<Exclude<keyof Builder, "isEmpty">, (...given: never[]) => unknown>;
type Methods = MethodsOf<
  & WorkflowBuilder
  & StepBuilder<JsonObject>
  & DecideBuilder<JsonObject, JsonValue>
  & IfBuilder<JsonObject>
>;

/**
 * What is behind all builders: a chain of steps that knows every verb. The interfaces beside this file show of it what
 * fits behind the last step. Immutable: each call returns a new chain.
 */
export class Chain implements Methods {
  readonly #options: WorkflowOptions;
  readonly #draft: ChainDraft | null;

  constructor(options: WorkflowOptions = {}, draft: ChainDraft | null = null) {
    if (typeof options !== "object" || options === null || typeof draft !== "object") {
      throw new TypeError(
        "Cannot make a WorkflowBuilder of these: it takes options; id and version go to build()",
      );
    }
    this.#options = options;
    this.#draft = draft;
  }

  get isEmpty(): boolean {
    return this.#draft === null;
  }

  startWith(step: Body | ExecutorStep): Chain {
    return this.then(step);
  }

  then(step: Body | ExecutorStep, rejected?: unknown): Chain {
    // What `await` does to anything that has a `then`.
    if (typeof rejected === "function") {
      throw new TypeError("Cannot await a workflow under construction: call build() first");
    }
    return typeof step === "function" ? this.thenFn(step) : this.#add(executorDraft(step));
  }

  thenFn(body: Body): Chain {
    requireFunction("thenFn()", body, "a function of ctx");
    return this.#add({
      type: "code",
      kind: body.name || "step",
      code: { body: toStepFunction(body as Body) },
    });
  }

  decide(value: Expression): Chain {
    requireFunction("decide()", value);
    return this.#add({ type: "decide", code: { value } });
  }

  ifDo(condition: Expression, then: unknown, otherwise?: unknown): Chain {
    requireFunction("ifDo()", condition);
    const branches = [branch("ifDo()", "then", then)];
    if (otherwise !== undefined) branches.push(branch("ifDo()", "else", otherwise));
    return this.#add({ type: "if", code: { condition }, branches });
  }

  else(otherwise: unknown): Chain {
    const { branches } = this.#last("else()", ({ type, branches }) => type === "if" && branches.length === 1);
    return this.#change("else()", { branches: [...branches, branch("else()", "else", otherwise)] });
  }

  whileDo(condition: Expression, body: unknown): Chain {
    requireFunction("whileDo()", condition);
    return this.#add({ type: "while", code: { condition }, branches: [branch("whileDo()", "do", body)] });
  }

  forEach(collection: Expression, body: unknown, options: ForEachOptions = {}): Chain {
    requireFunction("forEach()", collection);
    const config = configOf({
      concurrency: concurrencyOf(options),
      results: options.results === false ? false : undefined,
      errors: options.errors === "cancel" ? undefined : options.errors,
    });
    const branches = [branch("forEach()", "do", body)];
    return this.#add({ type: "forEach", code: { collection }, branches, ...config });
  }

  parallel(describe: (parallel: ParallelDraft) => unknown, { wait, errors }: ParallelOptions = {}): Chain {
    requireFunction("parallel()", describe, "a function: (p) => p.branch(…).branch(…)");
    const parallel = describe(new ParallelDraft((body) => branch("parallel()", "", body).chain) as never);
    if (!(parallel instanceof ParallelDraft) || parallel.branchCount === 0) {
      throw new TypeError("Cannot use parallel(): it has no branch; write (p) => p.branch(…).branch(…)");
    }
    const config = configOf({
      wait: wait === "all" ? undefined : wait,
      errors: errors === "cancel" ? undefined : errors,
    });
    return this.#add({ type: "parallel", branches: parallel.branches, ...config });
  }

  saga(body: unknown, { then }: SagaOptions = {}): Chain {
    const config = configOf({ then: then === "fail" ? undefined : then });
    return this.#add({ type: "saga", branches: [branch("saga()", "do", body)], ...config });
  }

  waitFor(
    event: string,
    key: string | Expression,
    { timeout, onTimeout, since }: WaitForOptions<JsonObject> = {},
  ): Chain {
    return this.#add({
      type: "waitFor",
      code: {
        ...(typeof key === "function" && { eventKey: key }),
        ...(typeof since === "function" && { since }),
      },
      branches: onTimeout === undefined ? [] : [branch("waitFor()", "onTimeout", onTimeout)],
      ...configOf({
        event,
        key: typeof key === "function" ? undefined : key,
        timeout: timeout === undefined ? undefined : parseDuration(timeout),
        since: typeof since === "function" ? undefined : since instanceof Date ? since.getTime() : since,
      }),
    });
  }

  delay(duration: Duration | Expression): Chain {
    return this.#add(
      typeof duration === "function"
        ? { type: "delay", code: { duration } }
        : { type: "delay", ...configOf({ duration: parseDuration(duration) }) },
    );
  }

  endWorkflow(): Chain {
    return this.#add({ type: "end" });
  }

  attach(to: string): Chain {
    return this.#append({ to });
  }

  name(name: string): Chain {
    return this.#change("name()", { name });
  }

  id(id: string): Chain {
    return this.#change("id()", { id });
  }

  rev(rev: string): Chain {
    return this.#change("rev()", { rev });
  }

  timeout(duration: Duration): Chain {
    return this.#change("timeout()", { timeout: parseDuration(duration) });
  }

  lock(name: Template | Expression, { ttl, wait }: StepLockOptions = {}): Chain {
    const isCode = typeof name === "function";
    const lock = {
      ...(!isCode && { name }),
      ...(ttl !== undefined && { ttl: lockTtl(ttl) }),
      ...(wait !== undefined && { wait: parseDuration(wait) }),
    };
    const { lock: _before, ...code } = this.#last("lock()").code;
    return this.#change("lock()", { lock, code: isCode ? { ...code, lock: name } : code });
  }

  onError(onError: ErrorPolicy): Chain {
    return this.#change("onError()", { onError });
  }

  compensateWith(body: Body, { timeout, onError }: CompensateOptions = {}): Chain {
    requireFunction("compensateWith()", body, "a class with run(ctx), or a function of ctx");
    const undo = {
      ...(timeout !== undefined && { timeout: parseDuration(timeout) }),
      ...(onError !== undefined && { onError }),
    };
    return this.#code("compensateWith()", { undo: toStepFunction(body as Body) }, { undo });
  }

  cancelWhen(condition: Expression, { proceed = false }: CancelWhenOptions = {}): Chain {
    requireFunction("cancelWhen()", condition);
    return this.#code("cancelWhen()", { cancelWhen: condition }, proceed ? { cancelProceeds: true } : {});
  }

  input(value: Expression): Chain {
    requireFunction("input()", value);
    return this.#code("input()", { input: value });
  }

  output(mapping: OutputMapping | string): Chain {
    if (typeof mapping === "string") {
      return this.#code("output()", { output: (output) => ({ [mapping]: output as JsonValue }) });
    }
    requireFunction("output()", mapping, "a function of the output, or a key of the data");
    return this.#code("output()", { output: mapping });
  }

  do(body: unknown): Chain {
    this.#last("do()", ({ type, branches }) => !isPrimitive(type) && branches.length === 0);
    return this.#change("do()", { branches: [branch("do()", "do", body)] });
  }

  outcome(value: JsonValue, body: unknown): Chain {
    const { outcomes } = this.#last("outcome()", ({ type }) => type === "decide" || !isPrimitive(type));
    const { chain } = branch("outcome()", "", body);
    const outcome = { value: frozenJson(value, "an outcome"), chain };
    return this.#change("outcome()", { outcomes: [...outcomes, outcome] });
  }

  build(id: string, version: number): WorkflowDefinition {
    const { steps, code } = wire(this.#draft);
    const { description, onError, history, secrets, input } = this.#options;
    const written = {
      id,
      version,
      ...(description !== undefined && { description }),
      ...(onError !== undefined && { onError }),
      ...(history !== undefined && { history }),
      ...(secrets !== undefined && { secrets }),
      steps,
    };
    validateDefinition(written);
    const definition = frozenJson(written, "the definition", Infinity);
    attachCode(definition, { steps: code, ...(input !== undefined && { input }) });
    return definition;
  }

  /** What a function that describes a branch of a verb has made. */
  static describe(verb: string, describe: unknown): ChainDraft {
    requireFunction(verb, describe, "a function for each branch: (b) => b.then(…)");
    const result: unknown = describe(new Chain() as never);
    if (!(result instanceof Chain)) {
      throw new TypeError(
        `Cannot use ${verb}: the function for a branch must return its chain, like (b) => b.then(…), received ${
          kindOf(result)
        }`,
      );
    }
    if (result.#draft === null) {
      throw new TypeError(
        `Cannot use ${verb}: a branch is empty; add a step to it, leave it out, or let an outcome lead on by attach()`,
      );
    }
    return result.#draft;
  }

  #add(step: BriefDraft): Chain {
    return this.#append({ kind: step.type, code: {}, branches: [], outcomes: [], ...step });
  }

  #append(last: StepDraft | JumpDraft): Chain {
    return new Chain(this.#options, { last, before: this.#draft });
  }

  #change(verb: string, change: Partial<StepDraft>): Chain {
    const last = { ...this.#last(verb), ...change };
    return new Chain(this.#options, { last, before: this.#draft!.before });
  }

  #code(verb: string, code: StepCode, change: Partial<StepDraft> = {}): Chain {
    return this.#change(verb, { code: { ...this.#last(verb).code, ...code }, ...change });
  }

  /** The step that was added last. */
  #last(verb: string, fits: (step: StepDraft) => boolean = () => true): StepDraft {
    const last = this.#draft?.last;
    if (last && !("to" in last) && fits(last)) return last;
    throw new TypeError(`Cannot use ${verb} here: it does not fit behind what comes before it`);
  }
}

function branch(verb: string, label: string, describe: unknown): BranchDraft {
  return { label, chain: Chain.describe(verb, describe) };
}
