import { deepEqual, equal, match, throws } from "node:assert/strict";
import { z } from "zod";
import type { StandardSchema } from "../definition/standard_schema.ts";
import { parseWorkflow, type StepType, WorkflowSyntaxError } from "./mod.ts";

const mail: StepType = {
  type: "mail",
  schema: z.strictObject({
    to: z.string().refine((to) => to.includes("@"), {
      error: "it must be an address",
      params: { remedy: "Write it like ada@example.org." },
    }),
    copies: z.int().min(1).default(1),
    lines: z.array(z.string()).optional(),
  }),
};

/** The same, by a library that says nothing but messages and places. */
const other: StandardSchema = {
  "~standard": {
    version: 1,
    vendor: "other",
    validate: (value) => {
      const { to, copies } = value as { readonly to?: unknown; readonly copies?: unknown };
      const issues = [
        ...typeof to === "string" ? [] : [{ message: "no address", path: ["to"], code: "unrecognized_keys" }],
        ...copies === undefined || typeof copies === "number"
          ? []
          : [{ message: "no number", path: [{ key: "copies" }] }],
      ];
      return issues.length > 0 ? { issues } : { value };
    },
  },
};

const text = (config: string) =>
  `workflow:
  id: mailing
  version: 1
  steps:
    - name: Send
      type: mail
      config: ${config}
`;

const read = (config: string, type = mail) =>
  parseWorkflow(text(config), { name: "ada" }, { types: [type] }).steps[0]?.config;

function problemsOf(config: string, type = mail): string[] {
  try {
    read(config, type);
  } catch (error) {
    if (!(error instanceof WorkflowSyntaxError)) throw error;
    return error.problems.map(({ line, column, message, remedy }) =>
      `${line}:${column} ${message} | ${remedy}`
    );
  }
  return [];
}

Deno.test("a step type of a schema alone gets its config as it is written, expressions as templates", () => {
  deepEqual(read('{ to: "a@b", copies: 2, lines: ["1", "${{ data.x }}!"] }'), {
    to: "a@b",
    copies: 2,
    lines: ["1", { template: [{ expression: "data.x" }, "!"] }],
  });
  deepEqual(read('{ to: "a@b" }'), { to: "a@b" }, "defaults are for the run");
});

Deno.test("what a schema refuses is told at its place in the file, with a remedy", () => {
  deepEqual(
    problemsOf('{ to: nobody, copies: "2", line: 3 }'),
    [
      '7:21 Cannot use "to": it must be an address, received "nobody" | Write it like ada@example.org.',
      '7:37 Cannot use "copies": it must be a number, received "2" | Write the number without quotes.',
      '7:42 Cannot use the key "line" here: it is unknown | Did you mean "lines"?',
    ].sort(),
  );
  deepEqual(problemsOf("{ copies: 0 }"), [
    '7:7 Cannot use "config": the key "to" is missing | Add "to".',
    '7:25 Cannot use "copies": it must be at least 1, received 0 | undefined',
  ]);
});

Deno.test("what is wrong beside an expression is told when the file is read, what it decides is not", () => {
  deepEqual(problemsOf('{ to: "${{ data.to }}", copies: "${{ data.copies }}" }'), []);
  deepEqual(problemsOf('{ to: "${{ data.to }}", copies: 0 }').length, 1);
  match(problemsOf('{ to: "${{ var.nam }}@b" }')[0]!, /^7:30 .*"nam" is not defined \| .*"name"/);
  match(problemsOf('{ to: "a@b", lines: ["${{ data.x" ] }')[0]!, /^7:\d+ .*is not closed/);
});

Deno.test("a config that is missing or no mapping is told", () => {
  deepEqual(problemsOf(""), ['7:7 Cannot use "config": the key "to" is missing | Add "to".']);
  match(problemsOf("5")[0]!, /^7:15 Cannot use "config": it must be keys with values, received 5/);
  const without = text("").replace(/ +config: \n/, "");
  throws(() => parseWorkflow(without, {}, { types: [mail] }), {
    message: /:5:7: .*the key "config" is missing/,
  });
  const free: StepType = { type: "mail", schema: z.unknown() };
  deepEqual(parseWorkflow(without, {}, { types: [free] }).steps[0]?.config, {});
  match(problemsOf("5", free)[0]!, /^7:15 Cannot use "config": it must be keys with values, received 5/);
});

Deno.test("schemas of other libraries give their messages and places", () => {
  const type: StepType = { type: "mail", schema: other };
  deepEqual(problemsOf('{ to: 5, copies: "2" }', type), [
    '7:21 Cannot use "to": no address, received 5 | undefined',
    '7:32 Cannot use "copies": no number, received "2" | undefined',
  ]);
  deepEqual(problemsOf("{ copies: 2 }", type), [
    '7:7 Cannot use "config": the key "to" is missing | Add "to".',
  ]);
  deepEqual(read('{ to: "${{ data.to }}" }', type), { to: { template: [{ expression: "data.to" }] } });
});

Deno.test("a schema that answers by a promise is refused by its author's mistake, not the file's", () => {
  const schema = z.object({ to: z.string().refine(() => Promise.resolve(true)) });
  throws(() => read("{ to: a }", { type: "mail", schema }), {
    name: "TypeError",
    message: /answers by a promise/,
  });
  equal(problemsOf("{ to: a@b }").length, 0);
});
