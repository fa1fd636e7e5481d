import { Buffer } from "node:buffer";
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { encodingsOf } from "../../executors/secrets/encodings.ts";
import { type Finished, until, type Workshop, workshop } from "../cli/wfe.ts";

const values = {
  TOKEN: 'it\'s "the" $token/+ of grüße\\',
  KEY:
    "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n-----END KEY-----",
  PRINTED: "printed-by-a-program-0123456789",
};

const header = `workflow:
  id: sinks
  version: 1
  secrets:
    TOKEN: { env: WFE_TEST_TOKEN }
    KEY: { file: key.pem }
    PRINTED: { command: [sh, print.sh] }
  steps:
`;

/** All ways to print a secret that the shell and its usual tools have. */
const printing = `
echo not-secret-marker
for value in \${{ secrets.TOKEN }} \${{ secrets.KEY }} \${{ secrets.PRINTED }}; do
  echo "as it is: $value"; echo "to the other stream: $value" >&2
  for before in '' x xy; do printf '%s%s' "$before" "$value" | base64; done
  printf %s "$value" | base64 -w 0; echo
  printf %s "$value" | base64 -w 7; echo
  printf %s "$value" | fold -w 6; echo
  printf '%q\\n' "$value"; echo "\${value@Q}"
  printf %s "$value" | od -An -v -tx1 | tr -d ' \\n'; echo
  printf %s "$value" | od -An -v -tx1; echo
  for (( at = 0; at < \${#value}; at += 9 )); do printf %s "\${value:at:9}"; sleep 0.01; done; echo
  head -c 65530 /dev/zero | tr '\\0' x; echo "$value"
  set -x; : "$value"; { set +x; } 2> /dev/null
done`;

const script = `
for (const value of [\${{ secrets.TOKEN }}, \${{ secrets.KEY }}, \${{ secrets.PRINTED }}]) {
  console.log(value, JSON.stringify({ value }), JSON.stringify(JSON.stringify(value)), encodeURIComponent(value));
  console.error(new URLSearchParams({ value }).toString(), btoa(unescape(encodeURIComponent(value))), escape(value));
  console.log([value], new Error(value));
  Wfe.log(Array.from(new TextEncoder().encode(value), (byte) => byte.toString(16).padStart(2, "0")).join(""));
}`;

function step(name: string, text: string, more: readonly string[] = [], key = "run"): string {
  const lines = text.trim().split("\n").map((line) => `          ${line}`);
  return [
    `    - name: ${name}`,
    ...key === "script" ? ["      type: deno"] : [],
    "      config:",
    ...more.map((line) => `        ${line}`),
    `        ${key}: |`,
    ...lines,
    "",
  ].join("\n");
}

/** A working folder that has the sources of the secrets. */
function scene(steps: readonly string[]): Workshop {
  return workshop({
    "flow.yaml": header + steps.join(""),
    "key.pem": `${values.KEY}\n`,
    "print.sh": `echo ${values.PRINTED}`,
  });
}

function wfe({ start }: Workshop, args: readonly string[], token: string = values.TOKEN): Promise<Finished> {
  return start([...args, "--db", "runs.db"], { WFE_TEST_TOKEN: token, LC_ALL: "C.UTF-8" }).finished;
}

/** Everything that the engine has written below the folder. */
function written(folder: string, under = ""): Buffer[] {
  return Array.from(Deno.readDirSync(folder + under)).flatMap(({ name, isDirectory }) => {
    if (isDirectory) return written(folder, `${under}/${name}`);
    return name.startsWith("runs.db") ? [Buffer.from(Deno.readFileSync(`${folder}${under}/${name}`))] : [];
  });
}

/** Fails where a secret stands in what was written or shown, in any encoding that is masked. */
function assertClean({ folder }: Workshop, shown: readonly Finished[], more: readonly string[] = []): void {
  const sinks = [
    ...written(folder),
    ...shown.flatMap(({ stdout, stderr }) => [Buffer.from(stdout), Buffer.from(stderr)]),
  ];
  for (const line of [...Object.values(values), ...more].flatMap((value) => value.split("\n"))) {
    for (const encoded of encodingsOf(line)) {
      for (const sink of sinks) {
        const at = sink.indexOf(encoded);
        ok(at < 0, `found ${encoded} in: ${sink.subarray(Math.max(0, at - 80), at + 120)}`);
      }
    }
  }
}

Deno.test("a run that prints its secrets in every way leaves none in the database, its log files and on the terminal", async () => {
  using place = scene([
    step("Print", printing, ["shell: bash", 'env: { HEADER: "Bearer ${{ secrets.TOKEN }}" }']),
    step("Script", script, [], "script"),
  ]);
  const plain = await wfe(place, ["run", "flow.yaml", "--run-id", "one"]);
  equal(plain.code, 0, plain.stdout + plain.stderr);
  const json = await wfe(place, ["run", "flow.yaml", "--output", "json"]);
  equal(json.code, 0);
  const logs = await wfe(place, ["logs", "one"]);
  assertClean(place, [plain, json, logs]);
  // The scan finds what is no secret.
  ok(written(place.folder).some((bytes) => bytes.includes("not-secret-marker")));
  for (const { stdout } of [plain, json, logs]) match(stdout, /not-secret-marker[^]*as it is: \*\*\*/);
});

const failures: Readonly<Record<string, [string, RegExp]>> = {
  "a shell step that fails, its last lines within a secret": [
    step(
      "Fail",
      'echo "failed for "${{ secrets.TOKEN }}; printf %s ${{ secrets.KEY }} | base64 -w 9; exit 3',
    ),
    /exit code 3\. Last lines:\n {2}\*\*\*/,
  ],
  "a line of a failing step that is cut within a secret": [
    step("Fail", 'head -c 985 /dev/zero | tr "\\0" x; echo ${{ secrets.PRINTED }}; exit 3'),
    /exit code 3/,
  ],
  "a script that throws": [
    step(
      "Throw",
      "throw new TypeError(`bad ${" + "${{ secrets.TOKEN }}" + "}`, { cause: ${{ secrets.KEY }} });",
      [],
      "script",
    ),
    /bad \*\*\*/,
  ],
  "a script whose message is cut within a secret": [
    step("Throw", 'throw new Error("x".repeat(16 * 1024 - 20) + ${{ secrets.PRINTED }});', [], "script"),
    /x\*\*\* \(script:1:7\)/,
  ],
  "a script whose process ends with a secret in its last words": [
    step(
      "Crash",
      `for (const part of ${"${{ secrets.PRINTED }}"}.match(/.{1,7}/g)) {
         Deno.stderr.writeSync(new TextEncoder().encode(part + "\\n"));
       }
       Deno.kill(Deno.pid, "SIGKILL");
       await new Promise(() => {});`,
      [],
      "script",
    ),
    /ended by SIGKILL: \*\*\*(?:\s+\*\*\*){2}\s*$/m,
  ],
  "a command that does not exist": [
    `    - name: Command\n      config: { command: ["./\${{ secrets.PRINTED }}"] }\n`,
    /\*\*\*/,
  ],
  "a folder that does not exist": [
    `    - name: Folder\n      config: { run: "true", working_dir: "/none/\${{ secrets.PRINTED }}" }\n`,
    /\*\*\*/,
  ],
  "an output by file": [
    step("Output", 'echo "token="${{ secrets.PRINTED }} >> "$WFE_OUTPUT"'),
    /Cannot store data\.token: it holds the secret "PRINTED"/,
  ],
  "an output by line": [
    step("Output", 'printf "##wfe[output token=%s]\\n" "$(printf %s ${{ secrets.PRINTED }} | base64)"'),
    /Cannot store data\.token: it holds the secret "PRINTED"/,
  ],
  "an output that is no output": [
    step("Output", 'echo ${{ secrets.TOKEN }} >> "$WFE_OUTPUT"'),
    /expected name=value/,
  ],
  "an output of a script": [
    step("Output", 'Wfe.setOutput("nested", { list: [${{ secrets.KEY }}] });', [], "script"),
    /Cannot store data\.nested\.list\.0: it holds the secret "KEY"/,
  ],
};

for (const [name, [steps, message]] of Object.entries(failures)) {
  Deno.test(`${name} leaves no secret in the database, its log files and on the terminal`, async () => {
    using place = scene([steps]);
    const run = await wfe(place, ["run", "flow.yaml", "--run-id", "one"]);
    const show = await wfe(place, ["show", "one"]);
    const json = await wfe(place, ["show", "one", "--output", "json"]);
    equal(run.code, 1, run.stdout + run.stderr);
    match(run.stdout, message);
    assertClean(place, [run, show, json]);
  });
}

Deno.test("a run that another process resumes finds its secrets again, and what a killed one wrote holds none", async () => {
  using place = scene([
    step(
      "First",
      "echo -n ${{ secrets.TOKEN }} | sha256sum >> seen\necho ${{ secrets.TOKEN }} ${{ secrets.KEY }}",
    ),
    step(
      "Second",
      "echo -n ${{ secrets.TOKEN }} | sha256sum >> seen\necho ${{ secrets.TOKEN }}\n[ -e go ] || { echo > waits; sleep 60; }",
    ),
  ]);
  const first = place.start(["run", "flow.yaml", "--run-id", "one", "--db", "runs.db"], {
    WFE_TEST_TOKEN: values.TOKEN,
  });
  await until(() => place.read("waits") !== "", "the second step");
  first.process.kill("SIGKILL");
  const killed = await first.finished;
  ok(place.read("runs.db-wal").length > 0);
  assertClean(place, [killed]);

  place.write("go", "");
  const missing = await place.start(["resume", "one", "--db", "runs.db"]).finished;
  match(missing.stdout, /Cannot use the secret "TOKEN": the variable WFE_TEST_TOKEN is not set/);
  const changed = "another-value-of-the-token";
  const resumed = await wfe(place, ["resume", "one"], changed);
  equal(resumed.code, 0, resumed.stdout + resumed.stderr);
  assertClean(place, [missing, resumed], [changed]);
  const hashes = place.read("seen").trim().split("\n");
  equal(hashes.length, 3);
  equal(hashes[0], hashes[1]);
  ok(hashes[1] !== hashes[2]);
});

Deno.test("the definition in the database says where a secret comes from", async () => {
  using place = scene([step("Step", "true")]);
  equal((await wfe(place, ["run", "flow.yaml"])).code, 0);
  deepEqual(written(place.folder).some((bytes) => bytes.includes("WFE_TEST_TOKEN")), true);
});
