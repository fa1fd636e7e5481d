import { deepEqual, equal, match } from "node:assert/strict";
import { runWfe, workflowFile } from "../testing_wfe.ts";

const text = `workflow:
  id: pipeline
  version: 2
  steps:
    - name: Build
      config: { run: "echo built" }
    - name: Pure
      type: deno
      config: { script: "Wfe.log(5)" }
    - name: Report
      type: deno
      config:
        script: Wfe.setOutput("home", Deno.env.get("HOME") ?? "")
        permissions: { net: [a.io, "127.0.0.1:80"], read: [/my data], write: [out], env: [HOME], run: true, dynamic_import: true }
    - name: Ask
      type: http
      config: { url: "https://API.example.com", redirects: [b.io] }
    - name: Ask elsewhere
      type: http
      config: { url: "https://\${{ var.host }}/x" }
`;

Deno.test("wfe permissions lists what each step may touch, and the flags of a run", async () => {
  using file = workflowFile(text);
  const { code, stdout, stderr } = await runWfe(
    "permissions",
    file.path,
    "--db",
    "a.db",
    "--var",
    "host=c.io",
  );
  deepEqual([code, stderr], [0, ""]);
  equal(
    stdout,
    `STEP           TYPE   MAY TOUCH
Build          shell  everything that the user may
Pure           deno   nothing
Report         deno   net: a.io, 127.0.0.1:80
                      read: /my data
                      write: ${Deno.cwd()}/out
                      env: HOME
                      run: any program, and so everything that the user may
                      dynamic_import: modules from the hosts in net
Ask            http   net: api.example.com, b.io
Ask elsewhere  http   net: any host: an expression names it

A run needs these flags of deno:
  '--allow-read=${file.path},.,/my data,${Deno.cwd()}/out'
  --allow-write=.
  --allow-run=bash,sh
  --allow-env=HOME,PATH
  --allow-net
`,
  );
});

Deno.test("wfe permissions --output json is one object", async () => {
  using file = workflowFile(text);
  const { stdout } = await runWfe(
    ...["permissions", file.path, "--db", "x,y/a.db", "--var", "host=c.io", "--output", "json"],
  );
  equal(stdout.split("\n").length, 2);
  const { definition, steps, engine } = JSON.parse(stdout);
  deepEqual(definition, { id: "pipeline", version: 2 });
  deepEqual(steps[0], { step: "Build", type: "shell", access: "user" });
  deepEqual(steps[2], {
    step: "Report",
    type: "deno",
    access: {
      net: ["a.io", "127.0.0.1:80"],
      read: ["/my data"],
      write: [`${Deno.cwd()}/out`],
      env: ["HOME"],
      run: true,
      dynamicImport: true,
    },
  });
  equal(steps[4].access.net, "any");
  // No flag can name a path with a comma.
  equal(engine[1], "--allow-write=.");
});

Deno.test("wfe permissions names the sources of secrets", async () => {
  using file = workflowFile(`workflow:
  id: secrets
  version: 1
  secrets:
    ONE: { env: TOKEN }
    TWO: { file: token.txt }
    THREE: { command: [pass, show, token] }
  steps:
    - { name: Use, type: http, config: { url: "https://a.io/", headers: { authorization: "\${{ secrets.ONE }}" } } }
`);
  const { stdout, stderr } = await runWfe("permissions", file.path, "--db", "a.db", "--output", "json");
  equal(stderr, "");
  deepEqual(JSON.parse(stdout).engine, [
    `--allow-read=${file.path},.,token.txt`,
    "--allow-write=.",
    "--allow-run=pass",
    "--allow-env=TOKEN",
    "--allow-net=a.io",
  ]);
});

Deno.test("wfe permissions lists the files and packages that a script is made of", async () => {
  using file = workflowFile(`workflow:
  id: files
  version: 1
  steps:
    - { name: File, type: deno, config: { file: a.ts, permissions: { net: [a.io] } } }
`);
  Deno.writeTextFileSync(`${file.folder}/a.ts`, `import { b } from "./lib/b.ts"; Wfe.log(b);`);
  Deno.mkdirSync(`${file.folder}/lib`);
  Deno.writeTextFileSync(`${file.folder}/lib/b.ts`, "export const b = 5;");
  const { stdout } = await runWfe("permissions", file.path, "--db", "a.db");
  equal(
    stdout,
    `STEP  TYPE  MAY TOUCH
File  deno  net: a.io
            made of: a.ts, lib/b.ts

A run needs these flags of deno:
  --allow-read=${file.path},.,${file.folder}
  --allow-write=.
  --allow-run=bash,sh,deno
`,
  );
});

Deno.test("a run needs no more than the flags that wfe permissions names", async () => {
  using file = workflowFile(`workflow:
  id: exact
  version: 1
  steps:
    - { name: Build, config: { file: ./build.sh, env: clear, working_dir: FOLDER, outputs: { made: file } } }
    - name: Read
      type: deno
      config:
        script: |
          Wfe.setOutput("kept", Deno.readTextFileSync("FOLDER/in here.txt") + Deno.env.has("HOME"));
          Deno.writeTextFileSync("FOLDER/out/a", "");
        permissions: { read: [FOLDER], write: [FOLDER/out], env: [HOME] }
    - { name: File, type: deno, config: { file: of it/a.ts } }
`);
  const folder = Deno.realPathSync(file.folder);
  Deno.mkdirSync(`${folder}/out`);
  Deno.mkdirSync(`${folder}/of it`);
  Deno.writeTextFileSync(`${folder}/of it/a.ts`, `import { b } from "./b.ts"; Wfe.setOutput("b", b);`);
  Deno.writeTextFileSync(`${folder}/of it/b.ts`, "export const b: number = 5;");
  Deno.writeTextFileSync(`${folder}/in here.txt`, "content ");
  Deno.writeTextFileSync(`${folder}/build.sh`, 'printf x > new; echo made=new >> "$WFE_OUTPUT"');
  Deno.writeTextFileSync(file.path, Deno.readTextFileSync(file.path).replaceAll("FOLDER", folder));
  const database = `${folder}/db of it/a.db`;
  const { stdout } = await runWfe("permissions", file.path, "--db", database, "--output", "json");
  const { engine } = JSON.parse(stdout);
  const main = new URL("../mod.ts", import.meta.url).pathname;
  const run = async (flags: readonly string[]) => {
    const args = ["run", "--no-prompt", "--no-check", ...flags, main, "run", file.path, "--db", database];
    const command = new Deno.Command("deno", { args: [...args, "--output", "json"] });
    const { stdout, stderr } = await command.output();
    const last = new TextDecoder().decode(stdout).trim().split("\n").at(-1)!;
    return { last, stderr: new TextDecoder().decode(stderr) };
  };
  const { last, stderr } = await run(engine);
  equal(stderr, "");
  const { kept, b, made } = JSON.parse(last).data;
  deepEqual([kept, b, made.path, made.size], ["content true", 5, `${folder}/new`, 1]);
  match(engine[0], /,\S*build\.sh,/);
  match(engine.at(-1), /^--allow-env=PATH,HOME$/);
  for (const missing of engine) {
    const { last } = await run(engine.filter((flag: string) => flag !== missing));
    equal(/"status":"Complete"/.test(last), false, missing);
  }
});

Deno.test("wfe permissions refuses bad usage and invalid files", async () => {
  using file = workflowFile(text);
  for (
    const [args, message] of [
      [["permissions"], /missing required argument 'file'/],
      [["permissions", file.path, "--output", "xml"], /Allowed choices are human, json/],
      [["permissions", file.path], /a\.yaml:20:39: /],
      [["permissions", `${file.path}.none`], /no such file/],
    ] as const
  ) {
    const { code, stdout, stderr } = await runWfe(...args);
    deepEqual([code, stdout], [2, ""], stderr);
    match(stderr, message);
  }
  const { code, stdout } = await runWfe("permissions", "--help");
  equal(code, 0);
  match(stdout, /^Usage: wfe permissions \[options\] <file>/);
});
