import { ok } from "node:assert/strict";
import fc from "fast-check";
import { parseWorkflow, WorkflowSyntaxError } from "./mod.ts";

const valid = `# A workflow
workflow:
  id: sample
  version: 1
  on_error: { retry: { max_retries: 3, interval: "5s" } }
  steps:
    - name: "Lint"
      id: lint
      config: &config
        run: |
          echo "\${{ var.name }}" \${{ data.x || 'none' }}
        env: { A: 'x \${{ var.name }}', B: 2 }
        outputs: [a, b]
    - name: Again
      config: *config
    - name: Count
      type: deno
      config:
        script: >-
          Wfe.setOutput("n", \${{ data.n }})
        permissions: { net: ["127.0.0.1:80"], read: [data], run: false }
        timeout: "10s"
    - name: Ask
      type: http
      config: { url: "https://a.b/\${{ data.n }}", json: { n: "\${{ data.n }}", m: [1] }, headers: { x-a: 5 } }
`;

const pieces = [
  ..."{}[]:,-?|>&*!%@`'\"#\\\n\t \r\0~<=$()",
  ...[
    "${{",
    "}}",
    "${{ var.name }}",
    "<<",
    "---",
    "...",
    "__proto__",
    ".nan",
    "1e999",
    "&a",
    "*a",
    "!!binary",
    "|+9",
    "%YAML",
  ],
  ...["\u{10ffff}", "\ud800", "\ufeff", "\u202e", "  ", "\n  ", "\r\n", "null", "true", "$'", "<<E", "`"],
];

function refusesOrAccepts(text: string): void {
  try {
    ok(Object.isFrozen(parseWorkflow(text, { name: "x" })));
  } catch (error) {
    if (!(error instanceof WorkflowSyntaxError)) throw error;
    const [first] = error.problems;
    ok(first && first.line >= 1 && first.column >= 1);
    ok(!/[^\P{C}\n]/u.test(String(error)));
  }
}

Deno.test("parseWorkflow() throws nothing but WorkflowSyntaxError, whatever the text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), refusesOrAccepts));
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...pieces), { maxLength: 60 }),
      (all) => refusesOrAccepts(all.join("")),
    ),
  );
});

Deno.test("parseWorkflow() throws nothing but WorkflowSyntaxError, however a valid file is changed", () => {
  refusesOrAccepts(valid);
  const edit = fc.record({
    at: fc.nat(valid.length),
    cut: fc.oneof(fc.constant(0), fc.nat(8), fc.nat(200)),
    insert: fc.oneof(fc.constantFrom("", ...pieces), fc.string({ unit: "binary", maxLength: 6 })),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      refusesOrAccepts(
        edits.reduce((text, { at, cut, insert }) => text.slice(0, at) + insert + text.slice(at + cut), valid),
      );
    }),
    { numRuns: 500 },
  );
});
