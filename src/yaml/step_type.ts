import type { JsonObject } from "../definition/json.ts";
import type { StandardSchema } from "../definition/standard_schema.ts";
import type { Path } from "./node.ts";
import type { StepText } from "./step_file.ts";

/** A kind of step that a YAML file can name by `type`. An executor with a schema is one. */
export interface StepType<Config = unknown> {
  /** What stands behind `type:`; an executor of this type runs the step. */
  readonly type: string;
  /**
   * Checks `config`, at once. In a schema made with zod 4, messages of its own (`error` of a `refine`) complete the
   * sentence "Cannot use "key": …", and a `remedy` in `params` is shown below the line.
   */
  readonly schema: StandardSchema<unknown, Config>;
  /**
   * A key of `config` that names a file beside the workflow file. Loading a workflow reads the file, and `compile` gets
   * its text by {@linkcode StepScope.file}.
   */
  readonly fileKey?: string;
  /**
   * Turns a checked `config` into what the executor gets; members that are `undefined` are left out. Without it, the
   * executor gets the `config` as it is written, each text that has expressions as a template; what the schema says of
   * such a text is left to the run.
   */
  compile?(config: Config, scope: StepScope): CompiledStep;
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
  /**
   * What stands for the file that the type's `fileKey` names. Where it cannot be used, that is reported at its place,
   * and this gives `undefined`.
   */
  file(): StepText | undefined;
  /** Reports a problem at a path. */
  problem(path: Path, message: string, remedy?: string): void;
}
