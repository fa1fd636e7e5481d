import { deepEqual, ok, throws } from "node:assert/strict";
import { z } from "zod";
import { checkAtOnce, checkConfig, configProblems } from "./check_config.ts";
import type { StandardSchema } from "./standard_schema.ts";
import { isTemplate } from "./template.ts";

const schema = z.strictObject({
  port: z.int(),
  hosts: z.array(z.string().min(3)).optional(),
});
const expression = { template: [{ expression: "data.port" }] };

Deno.test("configProblems() names step and place of everything that is wrong", () => {
  const problems = configProblems(schema, { port: "80", hosts: ["abc", "x"], other: 1 }, "Ask");
  deepEqual(problems.map((problem) => problem.split(": ").slice(0, 2).join(" ")), [
    'step "Ask" config.port',
    'step "Ask" config.hosts[1]',
    'step "Ask" config',
  ]);
  deepEqual(configProblems(schema, { port: 80 }, "Ask"), []);
});

Deno.test("checkConfig() leaves out what is wrong where an expression stands, and nothing else", () => {
  deepEqual(
    configProblems(schema, { port: expression, hosts: [{ template: ["a", expression.template[0]!] }] }, "A"),
    [],
  );
  const problems = configProblems(schema, { port: expression, hosts: ["x"], other: expression }, "Ask");
  deepEqual(problems.map((problem) => problem.split(": ")[1]), ["config.hosts[0]", "config"]);
  const whole = checkConfig(z.object({ port: z.strictObject({ number: z.int() }) }), { port: expression });
  ok(whole.issues, "what comes of it is not known");
});

Deno.test("checkAtOnce() refuses a schema that answers by a promise", () => {
  const slow = z.string().refine(() => Promise.resolve(true));
  throws(() => checkAtOnce(slow, "x"), { name: "TypeError", message: /it answers by a promise/ });
  const validate = () => Promise.reject(new Error("no"));
  throws(() => checkAtOnce({ "~standard": { version: 1, vendor: "test", validate } }, "x"), TypeError);
});

Deno.test("isTemplate() tells a text with expressions from other values", () => {
  for (const value of [expression, { template: ["a", { expression: "data.b" }] }]) ok(isTemplate(value));
  const others = ["a", 1, null, [], {}, { template: "a" }, { template: [] }, { template: ["a"] }];
  const odd = [{ ...expression, a: 1 }, { template: [{ expression: 1 }] }, {
    template: [{ expression: "a", b: 1 }],
  }];
  for (const value of [...others, ...odd, { template: [expression.template[0], 1] }]) ok(!isTemplate(value));
});

Deno.test("checkConfig() finds the place of what a schema complains of, however it names it, and where there is none", () => {
  const issues = [
    { message: "by name", path: ["port", "number"] },
    { message: "by an object", path: [{ key: "port" }, { key: "number" }] },
    { message: "beyond a value", path: ["name", "first", "letter"] },
    { message: "beyond null", path: ["nothing", "inside"] },
    { message: "of the whole" },
  ];
  const complaining: StandardSchema = {
    "~standard": { version: 1, vendor: "test", validate: () => ({ issues }) },
  };
  const plain = { port: { number: 80 }, name: "x", nothing: null };
  deepEqual(checkConfig(complaining, plain).issues, issues);
  const { issues: left } = checkConfig(complaining, { ...plain, port: { number: expression } });
  deepEqual(left?.map(({ message }) => message), ["beyond a value", "beyond null", "of the whole"]);
});
