import type { JsonObject } from "../definition/json.ts";
import type { Path } from "./node.ts";

/** A kind of step that a YAML file can name by `type`. */
export interface StepType<Config = unknown> {
  /** What stands behind `type:`; an executor of this type runs the step. */
  readonly name: string;
  /**
   * Checks `config`. Messages of its own (`error` of a `refine`) complete the sentence "Cannot use "key": …"; a
   * `remedy` in `params` is shown below the line.
   */
  readonly schema: ConfigSchema<Config>;
  /** Turns a checked `config` into what the executor gets; members that are `undefined` are left out. */
  compile(config: Config, scope: StepScope): CompiledStep;
}

/** A schema made with zod 4, by its shape. */
export interface ConfigSchema<Config> {
  /** Checks a value. */
  safeParse(value: unknown):
    | { readonly success: true; readonly data: Config }
    | { readonly success: false; readonly error: { readonly issues: readonly unknown[] } };
}

/** What becomes of a step's `config`. */
export interface CompiledStep {
  /** What the executor gets. */
  readonly config: JsonObject;
  /** Milliseconds an attempt may take, when the `config` says so. */
  readonly timeout?: number | undefined;
}

/** The place of a `config` in its file: what `compile` needs to report problems where they stand. */
export interface StepScope {
  /** The text at a path below `config` as it is written: `007` where YAML reads the number 7. */
  text(path: Path): string;
  /**
   * Compiles the text at a path when its expressions are right, with names that exist; else reports the problems at
   * their places, and gives `undefined`. So it does with a {@linkcode TextProblem} that the compiler throws.
   */
  compile<Result>(path: Path, compiler: (text: string) => Result): Result | undefined;
  /** Reports a problem at a path. */
  problem(path: Path, message: string, remedy?: string): void;
}
