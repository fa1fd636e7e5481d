import { existsSync } from "node:fs";
import { deepEqual, doesNotMatch, equal, match, ok, throws } from "node:assert/strict";
import { runWfe } from "../cli/testing_wfe.ts";
import { httpExecutor } from "../executors/http.ts";
import { renderUrl } from "../executors/http/url.ts";
import { SqliteProvider } from "../providers/sqlite/mod.ts";
import { compileTemplate } from "../src/yaml/mod.ts";
import { fakeStepContext } from "./fake_step_context.ts";
import { HOSTILE_VALUES as values } from "../src/yaml/expression/testdata/hostile_values.ts";

/** What a terminal obeys: control characters but tab and line feed, and marks that reorder a line. */
// deno-lint-ignore no-control-regex
const obeyed = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

const numbered = (line: (index: number) => string) => values.map((_, index) => line(index)).join("\n");

/** A workflow that hands every value to every kind of step, each in one process or request. */
const workflow = (folder: string, url: string) =>
  `workflow:
  id: hostile
  version: 1
  steps:
    - name: Command
      config:
        working_dir: ${folder}
        command:
          - sh
          - -c
          - 'printf "%s\\0" "$@" > command'
          - sh
${numbered((index) => `          - \${{ data.values[${index}] }}`)}
    - name: Variables
      config:
        working_dir: ${folder}
        env:
${numbered((index) => `          V${index}: \${{ data.values[${index}] }}`)}
        run: |
          i=0
          while [ $i -lt ${values.length} ]; do
            eval "value=\\$V$i"
            printf '%s\\0' "$value" >> variables
            printf '%s\\n' "$value"
            i=$((i + 1))
          done
    - name: Script
      type: deno
      config:
        script: |
          const values: string[] = \${{ data.values }};
          for (const value of values) console.log(value);
          const short = values.filter((value) => value.length < 1000);
          Wfe.setOutput("values", values);
          Wfe.setOutput("keys", Object.fromEntries(short.map((value) => [value, value])));
    - name: Request
      type: http
      config:
        url: ${url}
        method: POST
        json: { list: "\${{ data.values }}", text: "a \${{ join(data.values, '|') }}" }
        save_as: answer
`;

Deno.test("hostile values arrive unchanged in every kind of step and in the store, and a terminal obeys none", async () => {
  ok(values.length >= 60);
  const folder = await Deno.makeTempDir();
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => Response.json(await request.json()),
  );
  try {
    const [file, database] = [`${folder}/a.yaml`, `${folder}/runs.db`];
    await Deno.writeTextFile(file, workflow(folder, `http://127.0.0.1:${server.addr.port}/`));
    await Deno.writeTextFile(`${folder}/data.json`, JSON.stringify({ values }));
    const wfe = (...args: string[]) => runWfe(...args, "--db", database);
    const run = await wfe("run", file, "--data", `@${folder}/data.json`, "--run-id", "r");
    equal(run.code, 0, run.stdout.slice(-2_000) + run.stderr);
    for (const name of ["command", "variables"]) {
      deepEqual((await Deno.readTextFile(`${folder}/${name}`)).split("\0").slice(0, -1), values, name);
    }
    for (const printed of [run.stdout, (await wfe("show", "r")).stdout]) doesNotMatch(printed, obeyed);
    await using store = await SqliteProvider.open(database);
    const { data } = (await store.get("r"))!;
    const short = values.filter(({ length }) => length < 1000);
    deepEqual(data, {
      values,
      keys: Object.fromEntries(short.map((value) => [value, value])),
      answer: { list: values, text: `a ${values.join("|")}` },
    });
    equal(existsSync(`${folder}/pwned`) || existsSync("pwned"), false);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a hostile value in a URL stays the one piece that it stands for, or is refused", () => {
  const template = compileTemplate("https://example.org/a/${{ data.x }}/b?q=${{ data.x }}&r=1");
  for (const x of values) {
    const scope = { var: {}, data: { x }, run: { id: "r", attempt: 1 }, secrets: {} };
    if (["", ".", ".."].includes(x)) {
      throws(() => renderUrl(template, scope), { code: "EXPRESSION" });
      continue;
    }
    const url = new URL(String(renderUrl(template, scope)));
    const [, a, piece, b, ...rest] = url.pathname.split("/");
    deepEqual([url.host, a, decodeURIComponent(piece!), b, rest], ["example.org", "a", x, "b", []]);
    deepEqual([...url.searchParams], [["q", x], ["r", "1"]]);
  }
});

Deno.test("a hostile value in a header arrives as it is but for blanks around it, or is refused, and adds none", async () => {
  let received: Headers | undefined;
  const onListen = () => {};
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen }, ({ headers }) => {
    received = headers;
    return Response.json({});
  });
  const headers = { "x-value": compileTemplate("${{ data.x }}") };
  const usual = ["accept", "accept-encoding", "accept-language", "host", "user-agent", "x-value"];
  let arrived = 0;
  for (const x of values) {
    received = undefined;
    const config = { url: `http://127.0.0.1:${server.addr.port}/`, headers };
    const { ctx } = fakeStepContext("http", config, { data: { x } });
    try {
      await httpExecutor.run(ctx);
    } catch (error) {
      // Too long for the server, or no text of a header.
      match(String((error as { code?: unknown }).code), /^(?:HTTP_400|STEP_CONFIG)$/);
      continue;
    }
    arrived++;
    deepEqual([[...received!.keys()].sort(), received!.get("x-value")], [
      usual,
      x.replace(/^[ \t]+|[ \t]+$/g, ""),
    ]);
  }
  ok(arrived > values.length / 2);
});
