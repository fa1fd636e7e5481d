import { z } from "zod";
import type { StandardSchema } from "../../src/definition/standard_schema.ts";
import { codeField, textField } from "../stored_fields.ts";

/** What the `config` of a shell step must be in a definition, as YAML or the builder makes it. */
export const shellConfigSchema: StandardSchema = z.looseObject({
  run: codeField.optional(),
  command: z.array(textField).min(1).optional(),
  shell: z.enum(["bash", "sh"]).optional(),
  env: z.record(z.string(), textField).optional(),
  clear_env: z.boolean().optional(),
  working_dir: textField.optional(),
  outputs: z.record(z.string(), z.enum(["string", "number", "boolean", "json", "file"])).optional(),
}).refine(
  ({ run, command }) => (run === undefined) !== (command === undefined),
  "it must have either run or command",
);
