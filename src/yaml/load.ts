import { attachCode } from "../definition/code.ts";
import { canonicalJson, deepFreeze } from "../definition/canonical_json.ts";
import type { WorkflowDefinition } from "../definition/definition.ts";
import type { JsonObject, JsonValue } from "../definition/json.ts";
import { compileAttributes } from "./attributes.ts";
import { compile } from "./compile.ts";
import { renderConfig } from "./expression/render_config.ts";
import { parseDocument } from "./document.ts";
import type { Node } from "./node.ts";
import { ProblemList } from "./problem_list.ts";
import { makeSource, readSource } from "./read_source.ts";
import type { Source } from "./source.ts";
import { type ReadStepFile, readStepFile } from "./step_file.ts";
import { readStepFiles, type StepFiles } from "./step_files.ts";
import type { StepType } from "./step_type.ts";
import { httpStep } from "./step_types/http.ts";
import { scriptStep } from "./step_types/script.ts";
import { shellStep } from "./step_types/shell.ts";

/** What the options of {@linkcode loadWorkflow} and {@linkcode parseWorkflow} have in common. */
export interface StepTypeOptions {
  /**
   * Step types beside `shell`, `deno` and `http`; one of the same name replaces it. An executor with a schema is one.
   * @default []
   */
  readonly types?: readonly StepType[];
}

/** Options of {@linkcode loadWorkflow}. */
export interface LoadOptions extends StepTypeOptions {
  /**
   * Gives the text of a file that a step names. The text becomes part of the definition: a run that is resumed keeps the
   * one it was started with. For script steps (`deno`) it is what `scriptBundler()` of `@wfe/engine/script` makes.
   * @default {@linkcode readStepFile}: the file as it is, which script steps refuse
   */
  readonly readFile?: ReadStepFile;
}

/** Options of {@linkcode parseWorkflow}. */
export interface ParseOptions extends StepTypeOptions {
  /**
   * Name of the file, for messages.
   * @default "workflow.yaml"
   */
  readonly file?: string;
}

/**
 * Reads a workflow from a YAML file.
 *
 * The variables of `config` are what `${{ var.name }}` reads. They are no part of the definition: the host hands them
 * to the runs it starts. One that no expression uses is fine; one that is used and not given is an error, with its
 * place.
 *
 * @param path the file, at most 1 MiB, in UTF-8
 * @param config variables by name
 * @returns the definition, deep-frozen
 * @throws {WorkflowSyntaxError} when the file cannot be read or is no valid workflow: it lists the problems by place
 * @throws {InvalidJsonError} when a variable has no JSON form
 * @throws {Deno.errors.NotCapable} without read permission for the file
 *
 * @example Usage
 * ```ts ignore
 * import { loadWorkflow } from "@wfe/engine/yaml";
 *
 * const definition = await loadWorkflow("deploy.yaml", { target: "staging" });
 * ```
 */
export async function loadWorkflow(
  path: string | URL,
  config: Readonly<Record<string, JsonValue>> = {},
  options: LoadOptions = {},
): Promise<WorkflowDefinition> {
  const source = await readSource(path);
  const root = parseDocument(source);
  const types = allTypes(options);
  const files = await readStepFiles(root, source.file, types, options.readFile ?? readStepFile);
  return define({ source, root, types, files }, config);
}

/**
 * Reads a workflow from YAML text, as {@linkcode loadWorkflow} does from a file.
 *
 * @param text the YAML
 * @param config variables by name
 * @returns the definition, deep-frozen
 * @throws {WorkflowSyntaxError} when the text is no valid workflow: it lists the problems by place
 * @throws {InvalidJsonError} when a variable has no JSON form
 *
 * @example Usage
 * ```ts
 * import { parseWorkflow } from "@wfe/engine/yaml";
 * import { equal } from "node:assert/strict";
 *
 * const definition = parseWorkflow(`
 * workflow:
 *   id: hello
 *   version: 1
 *   steps:
 *     - name: Greet
 *       config: { run: "echo hello" }
 * `);
 * equal(definition.steps[0]?.type, "shell");
 * ```
 */
export function parseWorkflow(
  text: string,
  config: Readonly<Record<string, JsonValue>> = {},
  options: ParseOptions = {},
): WorkflowDefinition {
  const source = makeSource(text, options.file ?? "workflow.yaml");
  return define({ source, root: parseDocument(source), types: allTypes(options) }, config);
}

/** What a definition is made of. */
interface Parts {
  readonly source: Source;
  readonly root: Node;
  readonly types: readonly StepType[];
  readonly files?: StepFiles;
}

function define(
  { source, root, types, files }: Parts,
  config: Readonly<Record<string, JsonValue>>,
): WorkflowDefinition {
  const vars: JsonObject = deepFreeze(JSON.parse(canonicalJson(config, "config")));
  const problems = new ProblemList(source);
  const compilation = { source, root, vars: Object.keys(vars), problems };
  const attributes = compileAttributes(compilation);
  const definition = compile(compilation, types, files);
  attachCode(definition, {
    vars,
    ...Object.keys(attributes).length > 0 && {
      attributes: ({ id, data }: { readonly id: string; readonly data: JsonObject }) =>
        renderConfig(attributes, { var: vars, data, run: { id, attempt: 1 } }) as JsonObject,
    },
  });
  return definition;
}

/** One that replaces another takes its place, so that the first stays the default. */
function allTypes({ types = [] }: StepTypeOptions): StepType[] {
  const all = [shellStep, scriptStep, httpStep, ...types];
  return [...new Map<string, StepType>(all.map((type) => [type.type, type])).values()];
}
