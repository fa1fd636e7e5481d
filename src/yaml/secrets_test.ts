import { deepEqual, throws } from "node:assert/strict";
import { parseWorkflow, WorkflowSyntaxError } from "./mod.ts";

function parse(secrets: string, config: string, type = "shell"): ReturnType<typeof parseWorkflow> {
  return parseWorkflow(`
workflow:
  id: secrets
  version: 1
  ${secrets}
  steps:
    - name: Step
      type: ${type}
      config: ${config}
`);
}

const three = "secrets: { A: { env: VAR }, B: { file: key.pem }, C: { command: [pass, show, token] } }";

function refused(action: () => unknown, message: RegExp): void {
  throws(action, (error) => {
    throws(() => {
      throw new Error(String(error));
    }, message);
    return error instanceof WorkflowSyntaxError;
  });
}

Deno.test("a workflow says where its secrets come from; the definition holds that and nothing else", () => {
  const definition = parse(three, "{ run: 'echo \${{ secrets.A }}', env: { KEY: '\${{ secrets.B }}' } }");
  deepEqual(definition.secrets, {
    A: { env: "VAR" },
    B: { file: "key.pem" },
    C: { command: ["pass", "show", "token"] },
  });
  deepEqual(definition.steps[0]?.config, {
    run: { text: 'echo "\${WFE_EXPR_1}"', expressions: { WFE_EXPR_1: "secrets.A" } },
    env: { KEY: { template: [{ expression: "secrets.B" }] } },
  });
});

Deno.test("secrets can stand in arguments and in scripts", () => {
  const [command] = parse(three, "{ command: [curl, '-H', 'Authorization: \${{ secrets.A }}'] }").steps;
  deepEqual(command?.config?.command, ["curl", "-H", {
    template: ["Authorization: ", { expression: "secrets.A" }],
  }]);
  const [script] = parse(three, "{ script: 'console.log(\${{ secrets.C }})' }", "deno").steps;
  deepEqual(script?.config?.script, {
    text: "console.log(WFE_EXPR_1      )",
    expressions: { WFE_EXPR_1: "secrets.C" },
  });
});

Deno.test("a workflow without secrets is the definition that it was", () => {
  deepEqual(
    Object.keys(parse("description: none", "{ run: 'true' }")),
    [
      "id",
      "version",
      "description",
      "onError",
      "steps",
    ].sort(),
  );
});

Deno.test("a secret that is not declared is refused where it is used", () => {
  refused(
    () => parse(three, "{ run: 'echo \${{ secrets.D }}' }"),
    /workflow\.yaml:9:.*the workflow has no secret "D"/s,
  );
  refused(
    () => parse("description: none", "{ run: 'echo \${{ secrets.TOKEN }}' }"),
    /Say where it comes from, below `workflow`: secrets: \{ TOKEN: \{ env: TOKEN \} \}\./,
  );
});

Deno.test("what could not be masked is refused: all secrets, a computed one, a part of one", () => {
  for (
    const expression of ["secrets", "toJSON(secrets)", "secrets[var.name]", "secrets[data.name]", "secrets.*"]
  ) {
    refused(
      () => parse(three, `{ run: 'echo \${{ ${expression} }}' }`),
      /secret has to be named|is not defined/,
    );
  }
  for (
    const expression of [
      "fromJSON(secrets.A)",
      "fromJSON(format(''{0}'', secrets.A)).key",
      "secrets.A.key",
      "secrets.A[0]",
    ]
  ) {
    refused(
      () => parse(three, `{ run: 'echo \${{ ${expression} }}' }`),
      /a part of a secret would not be masked/,
    );
  }
  // Put together with others, it is masked where it stands.
  parse(
    three,
    "{ run: 'echo \${{ format(''{0}:{1}'', secrets.A, secrets.C) }} \${{ (secrets).B || ''none'' }}' }",
  );
});

Deno.test("sources of secrets are checked", () => {
  const cases: [string, RegExp][] = [
    ["{ 1A: { env: X } }", /it must be a letter or _, then letters, digits or _/],
    ["{ A: token }", /Cannot use "A"/],
    ["{ A: {} }", /it must say where the value comes from, in one way/],
    ["{ A: { env: X, file: y } }", /it must say where the value comes from, in one way/],
    ["{ A: { env: 'not a name' } }", /it must be the name of a variable/],
    ["{ A: { file: '' } }", /it must not be empty/],
    ["{ A: { file: '\${{ var.x }}' } }", /it must be text without an expression/],
    ["{ A: { command: [] } }", /Cannot use "command"|Cannot find "0"|too few/i],
    ["{ A: { value: x } }", /"value"/],
    [
      `{ ${Array.from({ length: 101 }, (_, n) => `S${n}: { env: S${n} }`).join(", ")} }`,
      /at most 100 secrets/,
    ],
  ];
  for (const [secrets, message] of cases) {
    refused(() => parse(`secrets: ${secrets}`, "{ run: 'true' }"), message);
  }
});
