import assert from "node:assert/strict";
import type { EscapeCase, Scene } from "./escape_case.ts";
import { Siege } from "./siege.ts";

type Control = readonly [
  name: string,
  attempt: Partial<EscapeCase> & Pick<EscapeCase, "script">,
  found: RegExp,
];

/** What tells by its failure what it has got. */
const telling = (expression: (scene: Scene) => string) => (scene: Scene) =>
  `throw new Error(String(${expression(scene)}))`;

/** Steps that are granted what they are after, and what has to be said of them. The last two leave traces. */
const controls: readonly Control[] = [
  ["comes to its end", { script: () => "1" }, /the script came to its end/],
  ["fails for another reason", { script: () => "throw 1" }, /it failed for the reason threw/],
  ["fails where it should not end", { script: () => "throw 1", ends: "timeout" }, /1 was thrown/],
  ["reads a secret", {
    script: telling(({ kept }) => `Deno.readTextFileSync("${kept}/secret.json")`),
    permissions: ({ kept }) => ({ read: [kept] }),
    ends: ["threw"],
  }, /the script knows a secret/],
  ["prints the users of the system", {
    script: () => `console.log(Deno.readTextFileSync("/etc/passwd")); throw 1`,
    permissions: () => ({ read: ["/etc/passwd"] }),
    ends: ["threw"],
  }, /the script knows a secret/],
  ["knows a variable of the engine", {
    script: telling(() => `Deno.env.get("ESCAPE_SECRET")`),
    permissions: () => ({ env: ["ESCAPE_SECRET"] }),
    ends: ["threw"],
  }, /the script knows a secret/],
  [
    "leaves memory",
    { script: () => "throw 1", ends: ["threw"], leaves: -(2 ** 40) },
    /MiB two seconds later/,
  ],
  ["writes a file", {
    script: ({ kept }) => `Deno.writeTextFileSync("${kept}/new", ""); throw 1`,
    permissions: ({ kept }) => ({ write: [kept] }),
    ends: ["threw"],
  }, /a file that is not granted has been changed/],
  ["reaches a server", {
    script: ({ closedPort }) => `await fetch("http://127.0.0.1:${closedPort}/"); throw 1`,
    permissions: ({ closedPort }) => ({ net: [`127.0.0.1:${closedPort}`] }),
    ends: ["threw"],
  }, /a server that is not granted has been reached/],
];

Deno.test("every kind of escape is noticed, and a failure as it should be is none", async (t) => {
  await using siege = await Siege.begin();
  const run = (attempt: Control[1]) =>
    siege.run({ name: "", permissions: () => ({}), ends: ["permission"], ...attempt });
  await run({ script: () => "throw 1", ends: ["threw"] });
  for (const [name, attempt, message] of controls) {
    await t.step(`a script that ${name}`, () => assert.rejects(run(attempt), { message }));
  }
});
