import { frozenJson } from "../definition/canonical_json.ts";
import { checkAtOnce, checkConfig } from "../definition/check_config.ts";
import type { LockDefinition, StepDefinition, WorkflowDefinition } from "../definition/definition.ts";
import { ErrorBehavior } from "../definition/error_behavior.ts";
import type { JsonObject } from "../definition/json.ts";
import type { StandardSchema } from "../definition/standard_schema.ts";
import { validateDefinition } from "../definition/validate.ts";
import { checkExpressionCount } from "./expression_limits.ts";
import { compileTemplate } from "./expression/template.ts";
import type { LockField } from "./fields.ts";
import { FileProblem } from "./file_problem.ts";
import { quoted } from "./format_problem.ts";
import { type Node, nodeAt, type Path, spanAt, toPlain } from "./node.ts";
import { plainConfig } from "./plain_config.ts";
import { documentSchema, maxSteps, stepSchema, workflowSchema } from "./schema.ts";
import { keysOf, reportIssues } from "./schema_problems.ts";
import type { Span } from "./source.ts";
import type { StepFiles } from "./step_files.ts";
import { type Compilation, type ScopedFile, stepScope } from "./step_scope.ts";
import type { CompiledStep, StepType } from "./step_type.ts";
import { suggest } from "./suggestion.ts";

/**
 * Turns the tree of a file into a definition: steps in a row, plain frozen data without positions. What is wrong is
 * gathered from the whole file.
 *
 * @param compilation the file
 * @param types the step types that it may name, the default one first
 * @param files what the steps name; none when the workflow comes from no file
 * @throws {WorkflowSyntaxError} with the problems, by place
 */
export function compile(
  compilation: Compilation,
  types: readonly StepType[],
  files?: StepFiles,
): WorkflowDefinition {
  const { source, problems } = compilation;
  const definition = checkExpressionCount(source, problems)
    ? new Compiler(compilation, types, files).workflow()
    : undefined;
  problems.throwIfAny();
  // As JSON it has no undefined members, and is proven to survive in a store.
  const plain: unknown = frozenJson(definition, "the definition", Infinity);
  validateDefinition(plain);
  return plain;
}

type Elsewhere = (key: string) => string | undefined;

class Compiler {
  readonly #compilation: Compilation;
  readonly #types: readonly StepType[];
  readonly #files: StepFiles | undefined;
  /** Names and ids, in lower case, with where they stand. */
  readonly #names = new Map<string, { readonly step: number; readonly name: string; readonly span: Span }>();

  constructor(compilation: Compilation, types: readonly StepType[], files: StepFiles | undefined) {
    this.#compilation = compilation;
    this.#types = types;
    this.#files = files;
  }

  workflow(): unknown {
    const belongsBelow: Elsewhere = (key) =>
      keysOf(workflowSchema).includes(key) ? "Move it below `workflow:`, indented." : undefined;
    this.#check([], documentSchema, belongsBelow);
    const path = ["workflow"];
    if (!nodeAt(this.#compilation.root, path)) return undefined;
    const header = this.#check(path, workflowSchema);
    const list = nodeAt(this.#compilation.root, [...path, "steps"]);
    const items = list?.kind === "list" && list.items.length <= maxSteps ? list.items : [];
    const steps = items.map((_, index) => this.#step([...path, "steps", index], index));
    return header && {
      id: header.id,
      version: header.version,
      description: header.description,
      onError: header.on_error ?? ErrorBehavior.fail(),
      secrets: header.secrets,
      steps: steps.map((step, index) => ({
        ...step,
        ...index + 1 < steps.length && { next: [steps[index + 1]?.key] },
      })),
    };
  }

  #step(path: Path, index: number): Omit<StepDefinition, "next"> | undefined {
    const type = this.#typeOf(path);
    const configKeys = type ? keysOf(type.schema) : [];
    const step = this.#check(
      path,
      stepSchema,
      (key) => configKeys.includes(key) ? "Move it below `config:`, indented." : undefined,
    );
    this.#claim(path, "name", index);
    this.#claim(path, "id", index);
    const compiled = type && this.#config(path, index, type);
    const lock = step?.lock && this.#lock([...path, "lock"], step.lock);
    if (!step || !type || !compiled) return undefined;
    if (step.timeout !== undefined && compiled.timeout !== undefined) {
      const span = spanAt(this.#compilation.root, [...path, "timeout"]);
      this.#compilation.problems.add(
        span,
        "Cannot use two timeouts for one step",
        "Keep the one below `config`.",
      );
    }
    return {
      key: step.id ?? step.name,
      name: step.name,
      type: type.type,
      config: compiled.config,
      ...withTimeout(compiled.timeout ?? step.timeout),
      ...lock && { lock },
      ...step.on_error && { onError: step.on_error },
    };
  }

  #lock(base: Path, lock: LockField): LockDefinition | undefined {
    const namePath = nodeAt(this.#compilation.root, base)?.kind === "map" ? ["name"] : [];
    // Its name is stored, and seen by whoever waits.
    const name = stepScope({ ...this.#compilation, secrets: null }, base).compile(namePath, compileTemplate);
    return name === undefined ? undefined : { ...lock, name };
  }

  #typeOf(path: Path): StepType | undefined {
    const node = nodeAt(this.#compilation.root, [...path, "type"]);
    if (!node) return this.#types[0];
    // What is no text is for the schema to say.
    if (node.kind !== "scalar" || typeof node.value !== "string") return undefined;
    const type = this.#types.find(({ type }) => type === node.value);
    if (!type) {
      const names = this.#types.map(({ type }) => type);
      const message = `Cannot use the step type ${quoted(node.value)}: it is unknown`;
      this.#compilation.problems.add(
        spanAt(this.#compilation.root, [...path, "type"]),
        message,
        suggest(node.value, names, "types"),
      );
    }
    return type;
  }

  #config(path: Path, index: number, type: StepType): CompiledStep | undefined {
    const { root } = this.#compilation;
    const base = [...path, "config"];
    const step = nodeAt(root, path);
    const node = nodeAt(root, base);
    // Without a config, a key that is unknown to the step has been reported, and explains it.
    if (
      step?.kind !== "map" ||
      (!node && [...step.entries.keys()].some((key) => !keysOf(stepSchema).includes(key)))
    ) return undefined;
    const elsewhere: Elsewhere = (key) => {
      const other = this.#types.find((one) => one !== type && keysOf(one.schema).includes(key));
      if (other) {
        return `It belongs to steps of another type: write \`type: ${other.type}\` beside \`config\`.`;
      }
      return keysOf(stepSchema).includes(key) ? "Move it one level up, beside `config`." : undefined;
    };
    if (!type.compile) return this.#plainConfig(base, type, elsewhere);
    const checked = this.#check(base, type.schema, elsewhere);
    return checked === undefined
      ? undefined
      : type.compile(checked, stepScope(this.#compilation, base, this.#fileOf(index, type)));
  }

  #fileOf(index: number, { fileKey }: StepType): ScopedFile | undefined {
    const content = this.#files ? this.#files.get(index) : notBesideFile;
    return fileKey === undefined || content === undefined ? undefined : { key: fileKey, content };
  }

  #plainConfig(base: Path, { schema }: StepType, elsewhere: Elsewhere): CompiledStep | undefined {
    const { root, problems } = this.#compilation;
    const node = nodeAt(root, base);
    const config = (node && plainConfig(node, stepScope(this.#compilation, base))) ?? {};
    const { issues = [] } = isMapping(node) ? checkConfig(schema, config) : { issues: [notMapping] };
    // Where there is none, it is the config itself that is missing.
    const found = node || issues.length === 0 ? issues : [notMapping];
    reportIssues(found, { root, base, schema, elsewhere }, problems);
    return found.length > 0 ? undefined : { config: config as JsonObject };
  }

  /** Sees to it that no two steps have names or ids that are the same, or differ only by case. */
  #claim(path: Path, key: "name" | "id", step: number): void {
    const { root, problems, source } = this.#compilation;
    const node = nodeAt(root, [...path, key]);
    if (node?.kind !== "scalar" || typeof node.value !== "string") return;
    const name = node.value;
    const folded = name.normalize().toLowerCase();
    const earlier = this.#names.get(folded);
    if (!earlier) this.#names.set(folded, { step, name, span: node });
    else if (earlier.step !== step && earlier.name === name) {
      problems.addTwice(node, earlier.span, `the ${key} ${quoted(name)}`);
    } else if (earlier.step !== step) {
      const first = `${quoted(earlier.name)} on line ${source.lineAt(earlier.span.start)}`;
      problems.add(
        node,
        `Cannot use the ${key} ${quoted(name)}: it differs from ${first} only by case`,
        "Rename one.",
      );
    }
  }

  #check<Value>(
    path: Path,
    schema: StandardSchema<unknown, Value>,
    elsewhere?: Elsewhere,
  ): Value | undefined {
    const { root, problems } = this.#compilation;
    const node = nodeAt(root, path);
    const result = checkAtOnce(schema, node && toPlain(node));
    if (!result.issues) return result.value;
    reportIssues(result.issues, { root, base: path, schema, ...elsewhere && { elsewhere } }, problems);
    return undefined;
  }
}

const notBesideFile = new FileProblem(
  "the workflow is a text, and no file beside which it could be found",
  "Load the workflow from a file, by `loadWorkflow()`.",
);
const notMapping = { message: "it must be keys with values" };

/** Whether keys with values stand here, or nothing. */
function isMapping(node: Node | undefined): boolean {
  return node === undefined || node.kind === "map" || node.kind === "scalar" && node.value === null;
}

function withTimeout(timeout: number | undefined): { timeout?: number } {
  return timeout === undefined ? {} : { timeout };
}
