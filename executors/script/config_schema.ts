import { z } from "zod";
import type { StandardSchema } from "../../src/definition/standard_schema.ts";
import { permissionsField } from "../../src/yaml/step_types/permissions.ts";
import { codeField, textField } from "../stored_fields.ts";

/** What the `config` of a script step must be in a definition, as YAML or the builder makes it. */
export const scriptConfigSchema: StandardSchema = z.looseObject({
  script: codeField,
  file: z.string().optional(),
  source_map: z.object({ sources: z.array(z.string()), mappings: z.string() }).optional(),
  permissions: permissionsField.optional(),
  memory: z.int().min(1).optional(),
  output_limit: z.int().min(1).optional(),
  env: z.record(z.string(), textField).optional(),
});
