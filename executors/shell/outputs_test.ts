import assert from "node:assert/strict";
import { parseOutputs, readOutputFile } from "./output_file.ts";
import { readOutputLine } from "./output_line.ts";
import { type DeclaredOutputs, readOutputs } from "./output_value.ts";

const parse = (text: string, declared?: DeclaredOutputs) => Object.fromEntries(parseOutputs(text, declared));
const refused = (message: RegExp) => ({ code: "SHELL_OUTPUT", message });

Deno.test("parseOutputs() reads name=value lines", () => {
  assert.deepEqual(parse("a=1\nb-c=x=y<<z\n\r\nempty=\r\n_d= spaces \nlast=no line feed"), {
    a: "1",
    "b-c": "x=y<<z",
    empty: "",
    _d: " spaces ",
    last: "no line feed",
  });
  assert.deepEqual(parse("a=1\na=2\n"), { a: "2" });
  assert.deepEqual(parse(""), {});
});

Deno.test("parseOutputs() reads values of several lines", () => {
  assert.deepEqual(parse("a<<END\none\n\nb=2\n END\nEND\nc<<E=F\nE=F\nd=3\n"), {
    a: "one\n\nb=2\n END",
    c: "",
    d: "3",
  });
});

Deno.test("parseOutputs() names the line that is wrong", () => {
  assert.throws(
    () => parse("a=1\nnonsense\n"),
    refused(/line 2 of \$WFE_OUTPUT: expected name=value.*"nonsense"/),
  );
  assert.throws(() => parse("a<<\n"), refused(/line 1/));
  assert.throws(() => parse("x=1\n\na<<END\nvalue\n"), refused(/line 3.*'a' has no end.*"END"/));
  for (const name of ["", "1a", "a b", "__proto__", "constructor", "prototype", "é", "x".repeat(129), " a"]) {
    assert.throws(() => parse(`${name}=1`), refused(/line 1/), name);
  }
});

Deno.test("parseOutputs() takes declared names only, when there are any", () => {
  assert.deepEqual(parse("a=1", { a: "string" }), { a: "1" });
  assert.throws(
    () => parse("b=1", { a: "string", c: "json" }),
    refused(/'b' is not declared in outputs \(a, c\)/),
  );
  assert.throws(() => parse("toString=1", {}), refused(/not declared in outputs \(none\)/));
});

Deno.test("readOutputLine() reads ##wfe[output name=value], ##wfe[status text] and nothing else", () => {
  assert.deepEqual(readOutputLine("##wfe[output a=b]c=]", undefined), { output: ["a", "b]c="] });
  assert.deepEqual(readOutputLine("##wfe[status 3 of 5]", {}), { status: "3 of 5" });
  assert.deepEqual(readOutputLine("##wfe[status ]", {}), { status: "" });
  assert.deepEqual(readOutputLine("##wfe[output a=]", undefined), { output: ["a", ""] });
  for (const line of ["", "a=b", " ##wfe[output a=b]", "# ##wfe[output a=b]"]) {
    assert.equal(readOutputLine(line, undefined), undefined);
  }
  for (
    const line of [
      "##wfe[output a]",
      "##wfe[output a=b",
      "##wfe[outputs a=b]",
      "##wfe[output a=b] ",
      "##wfe[status a",
    ]
  ) {
    assert.throws(() => readOutputLine(line, undefined), refused(/\$WFE_OUTPUT/), line);
  }
  assert.throws(() => readOutputLine("##wfe[output a=b]", { c: "string" }), refused(/'a' is not declared/));
});

Deno.test("readOutputs() keeps strings as they are", () => {
  const texts = new Map([["a", "007"], ["b", "true"], ["c", "null"], ["d", " x "]]);
  assert.deepEqual(readOutputs(texts, undefined), Object.fromEntries(texts));
});

Deno.test("readOutputs() reads declared types", () => {
  const read = (type: "number" | "boolean" | "json", text: string) =>
    readOutputs(new Map([["a", text]]), { a: type }).a;
  assert.equal(read("number", "42"), 42);
  assert.equal(read("number", " -1.5e3 "), -1500);
  assert.equal(read("boolean", "false"), false);
  assert.deepEqual(read("json", '{"a":[1,null]}'), { a: [1, null] });
  assert.equal(read("json", '"text"'), "text");
  for (const text of ["007", "", "1e400", "9007199254740993", "0x10", "1,5", "true", '"1"', "NaN"]) {
    assert.throws(() => read("number", text), refused(/'a' has to be a number/), text);
  }
  for (const text of ["yes", "1", "True", ""]) {
    assert.throws(() => read("boolean", text), refused(/true or false/));
  }
  for (const text of ["{", "undefined", "1e999"]) {
    assert.throws(() => read("json", text), refused(/has to be JSON/));
  }
});

Deno.test("readOutputFile() takes a plain file in UTF-8, as large as the host allows", async () => {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/output`;
  assert.equal((await readOutputFile(path, undefined, 1000)).size, 0);
  await Deno.writeTextFile(path, "a=1\n");
  assert.equal((await readOutputFile(path, undefined, 1000)).get("a"), "1");
  await Deno.writeFile(path, new Uint8Array([0x61, 0x3d, 0xff]));
  await assert.rejects(readOutputFile(path, undefined, 1000), refused(/not UTF-8/));
  await Deno.truncate(path, 1001);
  await assert.rejects(readOutputFile(path, undefined, 1000), refused(/1000 bytes, received 1001/));
  await Deno.remove(path);
  await Deno.symlink("/dev/zero", path);
  await assert.rejects(readOutputFile(path, undefined, 1000), refused(/plain file/));
  await Deno.remove(directory, { recursive: true });
});
