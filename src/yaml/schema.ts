import { z } from "zod";
import { durationField, errorPolicyField, idField, lockField, nameField } from "./fields.ts";
import { secretsField } from "./secrets_field.ts";

/** Most steps of a workflow. */
export const maxSteps = 1_000;

/** The document: one key. */
export const documentSchema = z.strictObject({ workflow: z.unknown() });

/** What stands below `workflow`; each step is checked on its own. */
export const workflowSchema = z.strictObject({
  id: idField,
  version: z.int().min(1),
  description: z.string().exactOptional(),
  on_error: errorPolicyField.exactOptional(),
  secrets: secretsField.exactOptional(),
  attributes: z.record(z.string(), z.unknown()).exactOptional(),
  steps: z.array(z.unknown()).min(1).max(maxSteps),
});

/** One step; `config` is checked by the step's type. */
export const stepSchema = z.strictObject({
  name: nameField,
  id: idField.exactOptional(),
  type: z.string().exactOptional(),
  config: z.unknown().exactOptional(),
  timeout: durationField.exactOptional(),
  lock: lockField.exactOptional(),
  on_error: errorPolicyField.exactOptional(),
});
