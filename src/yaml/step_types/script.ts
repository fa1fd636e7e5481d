import { z } from "zod";
import type { JsonObject } from "../../definition/json.ts";
import type { Template } from "../../definition/template.ts";
import { compileScriptText, type ScriptText } from "../expression/script_text.ts";
import { compileTemplate } from "../expression/template.ts";
import { durationField, environmentNameField, filePathField, must, scalarField } from "../fields.ts";
import type { TextSources } from "../step_file.ts";
import type { StepScope, StepType } from "../step_type.ts";
import { permissionsField, type ScriptPermissions } from "./permissions.ts";
import { isReservedVariable } from "./reserved_variable.ts";

/** What the executor of script steps gets. */
export interface ScriptConfig extends JsonObject {
  /** The script, with each expression replaced by an identifier that holds its value. One of a file is bundled. */
  readonly script: ScriptText & JsonObject;
  /** The file that it was read from, relative to the folder of the workflow file. */
  readonly file?: string;
  /** Where the text of a bundled script comes from. */
  readonly source_map?: TextSources & JsonObject;
  /** What it may reach; none: nothing. */
  readonly permissions?: ScriptPermissions & JsonObject;
  /** Bytes of memory that it may use. */
  readonly memory?: number;
  /** Characters of JSON that its outputs may have together. */
  readonly output_limit?: number;
  /** Variables that it finds in its environment. */
  readonly env?: { readonly [name: string]: Template };
}

const leastMemory = 32 * 1024 ** 2;
const mostMemory = 64 * 1024 ** 3;

const memoryField = z.unknown().refine(
  (value) => typeof value === "string" && readBytes(value) >= leastMemory && readBytes(value) <= mostMemory,
  must(
    "it must be an amount of memory from 32MB to 64GB",
    'Write a whole number with MB or GB, like "256MB".',
  ),
).transform((value) => readBytes(value as string));

const leastOutput = 1024;
const mostOutput = 64 * 1024 ** 2;

const outputLimitField = z.unknown().refine(
  (value) => typeof value === "string" && readBytes(value) >= leastOutput && readBytes(value) <= mostOutput,
  must("it must be an amount from 1KB to 64MB", 'Write a whole number with KB or MB, like "64KB".'),
).transform((value) => readBytes(value as string));

/** As in the sandbox: what would change how it runs itself cannot be set. */
const variableField = environmentNameField.refine(
  (name) => !isReservedVariable(name),
  must(
    "variables of Deno, the loader, the engine, proxies and the resolver cannot be set",
    "Choose another name.",
  ),
);

function readBytes(text: string): number {
  const [, amount, unit] = /^(\d{1,6}) ?(K|M|G)i?B$/.exec(text) ?? [];
  return Number(amount ?? NaN) * 1024 ** ("KMG".indexOf(unit ?? "") + 1);
}

const schema = z.strictObject({
  script: z.string().refine(
    (text) => text.trim() !== "",
    must("it must have a statement", "Write TypeScript or JavaScript."),
  ).exactOptional(),
  file: filePathField.exactOptional(),
  permissions: permissionsField.exactOptional(),
  timeout: durationField.exactOptional(),
  memory: memoryField.exactOptional(),
  output_limit: outputLimitField.exactOptional(),
  env: z.record(variableField, scalarField).exactOptional(),
}).refine(({ script, file }) => script !== undefined || file !== undefined, { path: ["script"] }).refine(
  ({ script, file }) => script === undefined || file === undefined,
  { path: ["file"], ...must("a step has one script, and this one has `script` too", "Remove one of them.") },
);

/** Steps that run TypeScript or JavaScript in a sandbox. */
export const scriptStep: StepType<z.infer<typeof schema>> = {
  type: "deno",
  schema,
  fileKey: "file",
  compile({ file, permissions, timeout, memory, output_limit, env }, scope) {
    const config: JsonObject = {
      ...file === undefined
        ? { script: scope.compile(["script"], (text) => ({ ...compileScriptText(text) })) }
        : bundled(file, scope),
      permissions: permissions && { ...permissions },
      memory,
      output_limit,
      env: env && Object.fromEntries(
        Object.keys(env).map((name) => [name, scope.compile(["env", name], compileTemplate)]),
      ),
    };
    return { config, timeout };
  },
};

/** What a definition holds of a script that is read from a file: its expressions would be JavaScript of its own. */
function bundled(file: string, scope: StepScope): JsonObject | undefined {
  const content = scope.file();
  if (content === undefined) return undefined;
  const { text, sourceMap } = content;
  if (sourceMap === undefined) {
    scope.problem(
      ["file"],
      'Cannot use "file": this program makes no module of a script and what it imports',
      "Load the workflow by loadWorkflow(), with the option readFile: scriptBundler().",
    );
    return undefined;
  }
  const { sources, mappings } = sourceMap;
  return { script: { text, expressions: {} }, file, source_map: { sources: [...sources], mappings } };
}
