import { deepEqual, equal, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import type { JsonObject, JsonValue } from "../../definition/json.ts";
import { checkExpression, checkExpressions, evaluateExpression } from "./expression.ts";
import { ExpressionError } from "./expression_error.ts";

const known = { vars: ["name", "Target"] };
const run = { id: "r1", attempt: 2 };

function evaluate(source: string, data: JsonObject = {}, vars: JsonObject = {}): JsonValue {
  return evaluateExpression(source, { var: vars, data, run });
}

function refuses(source: string, data: JsonObject, message: RegExp): void {
  throws(() => evaluate(source, data), (error) => {
    ok(error instanceof ExpressionError);
    equal(error.code, "EXPRESSION");
    equal(error.expression, source);
    ok(message.test(error.message), error.message);
    return true;
  });
}

Deno.test("checkExpression() accepts what can be known to be right", () => {
  for (
    const source of [
      "var.name",
      " var['Target'] ",
      "data",
      "data.anything.at[0].all",
      "run.id",
      "run.attempt > 1 && 'again' || 'first'",
      "format('{0} {1}', var.name, toJSON(data.list.*.id))",
      "fromJson(data.text)[var.name]",
      "'it''s'",
    ]
  ) equal(checkExpression(source, known), undefined, source);
});

Deno.test("checkExpression() points at what is wrong and suggests a near name", () => {
  const rows: [source: string, at: string, remedy?: string][] = [
    [" var.nmae", "nmae"],
    ["var.target", "target", 'Did you mean "Target"?'],
    ["'\n' == var['Name']", "'Name'", 'Did you mean "name"?'],
    ["dta.x", "dta", 'Did you mean "data"?'],
    ["Data.x", "Data", 'Did you mean "data"?'],
    ["run.attempts", "attempts", 'Did you mean "attempt"?'],
    ["toJsn(data)", "toJsn", 'Did you mean "toJSON"?'],
    ["constructor(data)", "constructor"],
    ["__proto__(data)", "__proto__"],
    ["contains(data)", "contains"],
    ["data..x", ".x"],
    ["data.x data.y", "data.y"],
    ["data.x = 1", "="],
    ["'x", "'x"],
    ["x'}}'", "x'}}'"],
    ["12345678901234567890", "12345678901234567890"],
    ["1e999", "1e999"],
  ];
  for (const [source, at, remedy] of rows) {
    const problem = checkExpression(source, known);
    equal(problem?.offset, source.indexOf(at), source);
    ok(problem.length > 0 && problem.length <= at.length, source);
    ok(problem.message.startsWith("Cannot read the expression: "), problem.message);
    if (remedy !== undefined) equal(problem.remedy, remedy);
  }
  for (const source of ["", " ", "data.", "(data", "data ==", "x".repeat(30_000), "!".repeat(99), "\0"]) {
    ok(checkExpression(source, known), JSON.stringify(source));
  }
});

Deno.test("checkExpressions() gives every problem with its offset in the text", () => {
  const problems = checkExpressions("a ${{ var.x }} ${{ var.name }} ${{ foo }}", known);
  deepEqual(problems.map(({ offset }) => offset), [10, 35]);
  deepEqual(checkExpressions("a ${{ var.name }", known).map(({ offset }) => offset), [2]);
});

Deno.test("evaluateExpression() reads variables, data and the run", () => {
  equal(evaluate("var.name", {}, { name: "x" }), "x");
  equal(evaluate("data.a['b c'][1].d", { a: { "b c": [0, { d: true }] } }), true);
  deepEqual(evaluate("run"), run);
  equal(evaluate("data.none || 'else'"), "else");
  equal(evaluate("data.a[data.i]", { a: [5, 6], i: 1 }), 6);
});

Deno.test("evaluateExpression() names the path that does not exist, and near names", () => {
  refuses("data.statsu", { status: 1 }, /data has no "statsu", did you mean "status"\?/);
  refuses("(data.a.B)", { a: { b: 1 } }, /data\.a has no "B", did you mean "b"\?/);
  refuses("data.a[3]", { a: [1, 2] }, /data\.a has 2 items/);
  refuses("data['a b'].c", { "a b": null }, /data\['a b'\] has no "c", because it is null/);
  refuses("data.a.length", { a: "text" }, /because it is a string/);
  refuses("data.x", {}, /data\.x \|\| 'none'/);
});

Deno.test("evaluateExpression() finds keys by their exact name", () => {
  const data = { Foo: "upper", foo: "lower", other: 1 };
  deepEqual([evaluate("data.Foo", data), evaluate("data.foo", data)], ["upper", "lower"]);
  equal(evaluate("data.FOO || 'none'", data), "none");
  equal(evaluate("data.Other || 'none'", data), "none");
  deepEqual(evaluate('fromJSON(\'{"A":1,"a":2}\')'), { A: 1, a: 2 });
});

Deno.test("evaluateExpression() never reaches a prototype", () => {
  for (const key of ["constructor", "__proto__", "prototype", "toString", "hasOwnProperty"]) {
    refuses(`data.${key}`, {}, /has no/);
    refuses(`data.a.${key}`, { a: [] }, /items/);
    equal(evaluate(`data.${key} || 'none'`), "none");
    equal(evaluate(`data[format('{0}', '${key}')]`), null);
    const data = JSON.parse(`{"${key}": {"x": 1}}`);
    equal(evaluate(`data.${key}.x`, data), 1);
    equal(evaluate(`data.${key}.x == 1`, data), true);
    deepEqual(evaluate(`fromJSON(toJSON(data))`, data), data);
  }
  equal(({} as Record<string, unknown>).x, undefined);
});

Deno.test("evaluateExpression() keeps every JSON value as it is", () => {
  fc.assert(fc.property(fc.jsonValue(), (generated) => {
    const value = JSON.parse(JSON.stringify(generated));
    deepEqual(evaluate("data.v", { v: value }), value);
    deepEqual(evaluate("data['none'] || fromJSON(toJSON(data.v))", { v: value }), value);
    deepEqual(evaluate("fromJSON(toJSON(data))", { v: value }), { v: value });
  }));
  for (const value of ["007", "1.235465673450897890", "${{ data.x }}", "true", ""]) {
    equal(evaluate("format('{0}', data.v)", { v: value }), value);
  }
  equal(
    evaluate("format('{0} {1}', data.v, data.w)", { v: 1e-20, w: 1.7976931348623157e308 }),
    "1e-20 1.7976931348623157e+308",
  );
});

Deno.test("evaluateExpression() undoes every doubled quote", () => {
  equal(evaluate("'it''s ''here'''"), "it's 'here'");
});

Deno.test("evaluateExpression() gives an ExpressionError for whatever goes wrong", () => {
  refuses("fromJSON('{')", {}, /JSON/);
  refuses("NaN", {}, /NaN cannot be held/);
  refuses("fromJSON('1e999')", {}, /JSON value, received Infinity/);
  refuses("format('{3}', 1)", {}, /format string/);
  refuses("1 ==", {}, /unexpected end/);
  let deep: JsonValue = 1;
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  refuses("data.d || 1", { d: deep }, /stack/);
});
