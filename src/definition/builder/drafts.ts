import { frozenJson } from "../canonical_json.ts";
import { isPrimitive } from "../definition.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import type { ExecutorStep } from "./body.ts";
import type { StepDraft } from "./draft.ts";
import type { ForEachOptions } from "./verb_options.ts";

/** A draft without what most have not. */
export type BriefDraft = Partial<StepDraft> & Pick<StepDraft, "type">;

/** A step of an executor. */
export function executorDraft(step: ExecutorStep): BriefDraft {
  const { type, config } = (step ?? {}) as Partial<ExecutorStep>;
  if (typeof type !== "string") {
    const needed = "a class with run(ctx), a function, or { type, config }";
    throw new TypeError(`Cannot add a step: it must be ${needed}, received ${kindOf(step)}`);
  }
  if (type === "code" || isPrimitive(type)) {
    throw new TypeError(
      `Cannot add a step of type "${type}": no executor runs it; use the builder's own verb for it`,
    );
  }
  return {
    type,
    ...(config !== undefined && { config: frozenJson(config, `the config of a step of type "${type}"`) }),
  };
}

/** The members that are not undefined, as a draft's config; nothing if there are none. */
export function configOf(members: Readonly<Record<string, JsonValue | undefined>>): { config?: JsonObject } {
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  return given.length === 0 ? {} : { config: Object.fromEntries(given) };
}

/** How many items of a `forEach` run at the same time; undefined for all. */
export function concurrencyOf({ concurrency, sequential = false }: ForEachOptions): number | undefined {
  if (sequential && concurrency !== undefined && concurrency !== 1) {
    throw new RangeError(
      `Cannot use forEach(): with \`sequential\` the concurrency is 1, received ${concurrency}; leave one of them out`,
    );
  }
  if (concurrency === undefined) return sequential ? 1 : undefined;
  if (Number.isSafeInteger(concurrency) && concurrency >= 1) return concurrency;
  throw new RangeError(
    `Cannot use forEach(): the concurrency must be a whole number from 1, received ${concurrency}`,
  );
}

/** Sees to it that a program without types gets an error where its mistake is. */
export function requireFunction(
  verb: string,
  value: unknown,
  needed = "a function of the data",
): asserts value is (...given: never[]) => unknown {
  if (typeof value === "function") return;
  throw new TypeError(`Cannot use ${verb}: it needs ${needed}, received ${kindOf(value)}`);
}

/** What a value is, in a word. */
export function kindOf(value: unknown): string {
  return value === null ? "null" : typeof value;
}
