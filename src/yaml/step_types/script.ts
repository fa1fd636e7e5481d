import { z } from "zod";
import type { JsonObject } from "../../definition/json.ts";
import { compileScriptText, type ScriptText } from "../expression/script_text.ts";
import { durationField, must } from "../fields.ts";
import type { StepType } from "../step_type.ts";
import { permissionsField, type ScriptPermissions } from "./permissions.ts";

/** What the executor of script steps gets. */
export interface ScriptConfig extends JsonObject {
  /** The script, with each expression replaced by an identifier that holds its value. */
  readonly script: ScriptText & JsonObject;
  /** What it may reach; none: nothing. */
  readonly permissions?: ScriptPermissions & JsonObject;
  /** Bytes of heap that it may use. */
  readonly memory?: number;
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

function readBytes(text: string): number {
  const [, amount, unit] = /^(\d{1,6}) ?(M|G)i?B$/.exec(text) ?? [];
  return Number(amount ?? NaN) * 1024 ** (unit === "G" ? 3 : 2);
}

const schema = z.strictObject({
  script: z.string().refine(
    (text) => text.trim() !== "",
    must("it must have a statement", "Write TypeScript or JavaScript."),
  ),
  permissions: permissionsField.exactOptional(),
  timeout: durationField.exactOptional(),
  memory: memoryField.exactOptional(),
});

/** Steps that run TypeScript or JavaScript in a sandbox. */
export const scriptStep: StepType<z.infer<typeof schema>> = {
  name: "deno",
  schema,
  compile({ permissions, timeout, memory }, scope) {
    const config: JsonObject = {
      script: scope.compile(["script"], (text) => ({ ...compileScriptText(text) })),
      permissions: permissions && { ...permissions },
      memory,
    };
    return { config, timeout };
  },
};
