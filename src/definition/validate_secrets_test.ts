import { deepEqual, equal, throws } from "node:assert/strict";
import { WorkflowBuilder } from "./builder.ts";
import type { WorkflowDefinition } from "./definition.ts";
import type { SecretSources } from "./secrets.ts";
import type { InvalidDefinitionError } from "./errors.ts";
import { isSecretName } from "./validate_secrets.ts";

function build(secrets: unknown): WorkflowDefinition {
  return new WorkflowBuilder({ secrets: secrets as SecretSources }).startWith(() => {}).name("Step").build(
    "one",
    1,
  );
}

function problems(secrets: unknown): readonly string[] {
  let found: readonly string[] = [];
  throws(() => build(secrets), (error) => {
    found = (error as InvalidDefinitionError).problems;
    return (error as InvalidDefinitionError).code === "INVALID_DEFINITION";
  });
  return found;
}

Deno.test("a definition says where its secrets come from", () => {
  const secrets = { A: { env: "A" }, _b2: { file: "key" }, c: { command: ["pass", ""] } };
  deepEqual(build(secrets).secrets, secrets);
  equal("secrets" in build(undefined), false);
});

Deno.test("the name of a secret is that of a variable, 64 characters at most", () => {
  for (const name of ["A", "_", "a1_B", "x".repeat(64)]) equal(isSecretName(name), true, name);
  for (const name of ["", "1a", "a-b", "a.b", "é", "a b", "x".repeat(65), "__proto__"]) {
    equal(isSecretName(name), false, name);
  }
  deepEqual(problems({ "a-b": { env: "A" } }), [
    'the name of a secret must be a letter or _, then letters, digits or _, at most 64 characters, received "a-b"',
  ]);
});

Deno.test("a secret has exactly one source, of its form", () => {
  const wrong = [
    "text",
    null,
    [],
    {},
    { value: "x" },
    { env: "" },
    { env: 1 },
    { env: "A", file: "b" },
    { command: "pass" },
    { command: [] },
    { command: [""] },
    { command: ["pass", 1] },
  ];
  for (const source of wrong) {
    deepEqual(problems({ A: source }), [
      'the secret "A" must be { env: a variable }, { file: a path } or { command: a list of a program and its arguments }',
    ], JSON.stringify(source));
  }
  deepEqual(problems([]), ["the secrets must be an object, received []"]);
});

Deno.test("a definition has at most 100 secrets", () => {
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`S${index}`, { env: "A" }]));
  equal(Object.keys(build(many(100)).secrets!).length, 100);
  deepEqual(problems(many(101)), ["it has 101 secrets; at most 100 are possible"]);
});
