import { equal, match, ok } from "node:assert/strict";
import config from "../deno.json" with { type: "json" };

const root = new URL("../", import.meta.url);

/** What an example prints when it does what it should. */
const expected: Readonly<Record<string, RegExp>> = {
  "01_pipeline.yaml": /✓ pipeline complete/,
  "02_builder.ts": /publishing 14\nrun \w+ is complete: total 14\n/,
  "03_yaml.ts": /linting staging\nthe hook was told: done\n\{ port: \d+, status: "200" \}\n/,
};

/** The command that an example's first comment gives. */
function commandOf(name: string): string[] {
  if (name.endsWith(".yaml")) return config.tasks.demo.command.split(" ");
  const text = Deno.readTextFileSync(new URL(`examples/${name}`, root));
  const command = /^ \* {5}(deno run .*)$/m.exec(text)?.[1];
  ok(command, `examples/${name} does not say how to run it`);
  return command.split(" ");
}

for (const [name, output] of Object.entries(expected)) {
  Deno.test(`examples/${name} does what it says, with the permissions it names`, async () => {
    const [program, ...args] = commandOf(name);
    equal(program, "deno");
    const { code, stdout, stderr } = await new Deno.Command("deno", { args, cwd: root, stdin: "null" })
      .output();
    const decoder = new TextDecoder();
    equal(code, 0, decoder.decode(stderr));
    match(decoder.decode(stdout), output);
  });
}

Deno.test("every example that can be run is run by these tests", () => {
  for (const { name } of Deno.readDirSync(new URL("examples", root))) {
    ok(name in expected || name === "03_deploy.yaml", `examples/${name} is not tested`);
  }
});
