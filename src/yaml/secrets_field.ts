import { z } from "zod";
import type { SecretSource, SecretSources } from "../definition/secrets.ts";
import { isSecretName, mostSecrets, secretNameRule } from "../definition/validate_secrets.ts";
import { environmentNameField, must } from "./fields.ts";

const nameField = z.string().refine(
  isSecretName,
  must(`it must be ${secretNameRule}`, "Choose a name like API_TOKEN."),
);

const partField = z.string().refine(
  (text) => !text.includes("${{") && !text.includes("\0"),
  must("it must be text without an expression", "Write it out; secrets are found before there are values."),
);

const filledField = partField.refine((text) => text !== "", must("it must not be empty", "Write it out."));

const sourceField: z.ZodType<SecretSource> = z.strictObject({
  env: environmentNameField.exactOptional(),
  file: filledField.exactOptional(),
  command: z.tuple([filledField], partField).exactOptional(),
}).refine(
  (source) => Object.keys(source).length === 1,
  must(
    "it must say where the value comes from, in one way",
    "Write { env: NAME }, { file: PATH } or { command: [program, argument] }.",
  ),
).transform((source) => source as SecretSource);

/** Where the secrets of a workflow come from. */
export const secretsField: z.ZodType<SecretSources> = z.record(nameField, sourceField).refine(
  (secrets) => Object.keys(secrets).length <= mostSecrets,
  must(`it must have at most ${mostSecrets} secrets`, "Split the workflow."),
);
