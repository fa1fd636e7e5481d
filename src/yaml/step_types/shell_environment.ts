import { z } from "zod";
import type { JsonObject } from "../../definition/json.ts";
import { isEvaluatedName } from "../expression/shell_program.ts";
import { compileTemplate } from "../expression/template.ts";
import { environmentNameField, must, scalarField } from "../fields.ts";
import type { Path } from "../node.ts";
import type { StepScope } from "../step_type.ts";

const variablesField = z.record(
  environmentNameField.refine(
    (name) => !name.startsWith("WFE_"),
    must("names with WFE_ belong to the engine", "Choose another name."),
  ),
  scalarField,
).refine(
  // Someone who wrote this and went on with the whole environment would not notice.
  (variables) => variables.clear !== true,
  {
    path: ["clear"],
    ...must(
      "it is the name of a variable here",
      'To clear the environment write `env: [clear, { … }]`; for the variable write "true" in quotes.',
    ),
  },
);

type Variables = z.infer<typeof variablesField>;

const clearItem = z.custom<"clear">(
  (item) => item === "clear",
  must(
    'a list begins with "clear", and has the variables after it',
    "Write variables as keys with values: `env: { NAME: value }`, or `env: [clear, { NAME: value }]`.",
  ),
);

/** Variables by name; `clear`, or a list of it and of them: without what the engine's environment has. */
export const shellEnvironmentField: z.ZodType<Variables | "clear" | ["clear", Variables?]> = z.union([
  variablesField,
  z.literal("clear"),
  z.tuple([clearItem, variablesField.exactOptional()]),
]);

/** What the executor gets of the `env` of a shell step. */
export function compileShellEnvironment(
  env: z.infer<typeof shellEnvironmentField> | undefined,
  scope: StepScope,
): JsonObject {
  if (env === undefined) return {};
  if (env === "clear") return { clear_env: true };
  if (!Array.isArray(env)) return { env: compileVariables(env, ["env"], scope) };
  const [, variables] = env;
  return { clear_env: true, ...variables && { env: compileVariables(variables, ["env", 1], scope) } };
}

function compileVariables(variables: Variables, path: Path, scope: StepScope): JsonObject {
  const values = Object.keys(variables).map((name) => {
    refuseEvaluated(name, [...path, name], scope);
    return [name, scope.compile([...path, name], compileTemplate)];
  });
  return Object.fromEntries(values);
}

/** Bash runs the value of some variables as code (PS4, BASH_ENV), or reads it as arithmetic. */
function refuseEvaluated(name: string, path: Path, scope: StepScope): void {
  if (!isEvaluatedName(name) || !scope.text(path).includes("${{")) return;
  scope.problem(
    path,
    `Cannot use an expression for ${name}: bash evaluates what this variable holds`,
    "Give the value in a variable of another name.",
  );
}
