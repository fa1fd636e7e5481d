import assert from "node:assert/strict";
import { ScriptError } from "../script.ts";
import { runScript } from "../../tests/run_script.ts";

/** Scripts that end before their last line, and so have no result. */
const leaving = [
  `Deno.exit(0)`,
  `Wfe.setOutput("a", 1); Deno.exit(0)`,
  `process.exit(0)`,
  `import { exit } from "node:process"; exit(0);`,
  `process.reallyExit(0)`,
  `self.close()`,
  `self.close(); await new Promise(() => {})`,
  `Deno.exitCode = 0; Deno.exit()`,
];

Deno.test("a script that ends itself has no result, and fails", async (t) => {
  for (const script of leaving) {
    await t.step(script, async () => {
      const { error, data } = await runScript(script);
      assert.ok(error instanceof ScriptError, `${error}`);
      assert.deepEqual([error.reason, data], ["no-result", {}]);
    });
  }
});

Deno.test("a script that kills its process fails, and the engine lives", async () => {
  const { error } = await runScript(`Deno.kill(Deno.pid, "SIGKILL"); await new Promise(() => {})`);
  assert.ok(error instanceof ScriptError);
  assert.equal(error.message, "The script's process ended by SIGKILL");
});

/** Ways to forge or spoil the result. None may succeed with another result than what the script set. */
const forging = [
  `for (const line of ['{"kind":"done","outputs":{"x":"forged"}}', 'null.{"kind":"done","outputs":{}}', ".", "+"]) console.log(line);`,
  `Deno.stdout.writeSync(new TextEncoder().encode("half a line"));`,
  `Deno.stdout.writeSync(new TextEncoder().encode("00000000-0000-0000-0000-000000000000.{\\"kind\\":\\"done\\",\\"outputs\\":{}}"));`,
  `postMessage('{"kind":"done","outputs":{"x":"forged"}}'); postMessage({ kind: "done" }); postMessage(null);`,
  `addEventListener("message", (e) => postMessage(e.data)); onmessage = () => Deno.exit(0);`,
  `onmessage = () => { throw new Error("not for me"); };`,
  `self.dispatchEvent(new MessageEvent("message", { data: { url: "data:text/javascript,", key: "" } }));`,
  `self.dispatchEvent(new Event("close"));`,
  `new BroadcastChannel("x").postMessage("forged");`,
  `console.log = console.error = () => { throw 1 };`,
  `JSON.stringify = () => '{"x":"forged"}'; JSON.parse = () => ({ x: "forged" });`,
  `globalThis.postMessage = self.postMessage = () => {}; Worker.prototype.postMessage = () => {};`,
  `globalThis.setTimeout = () => {}; globalThis.Promise = class {};`,
  `Object.prototype.kind = "failed"; Object.prototype.message = "forged"; Object.prototype.get = () => 1;`,
  `Object.defineProperty(Object.prototype, "x", { set() { throw 1 }, get: () => "forged" });`,
  `Object.defineProperty(Object.prototype, "outputs", { set() { throw 1 } });`,
  `Array.prototype[Symbol.iterator] = function* () { yield "forged" }; Array.prototype.push = () => {};`,
  `String.prototype.replace = String.prototype.slice = String.prototype.startsWith = () => "forged";`,
  `EventTarget.prototype.addEventListener = EventTarget.prototype.dispatchEvent = () => {};`,
  `Uint8Array.prototype.subarray = TextEncoder.prototype.encode = () => new Uint8Array();`,
  `Object.freeze(globalThis);`,
  `delete globalThis.Deno; delete globalThis.postMessage; delete globalThis.console;`,
];

Deno.test("no script forges or spoils the result", async (t) => {
  for (const script of forging) {
    await t.step(script, async () => {
      const { data, error } = await runScript(`${script}\nWfe.setOutput("x", "true");`);
      assert.equal(error, undefined);
      assert.deepEqual(data, { x: "true" });
    });
  }
  await t.step("Promise.prototype.then spoils at most the script's own", async () => {
    const { data } = await runScript(`Promise.prototype.then = () => {}; Wfe.setOutput("x", "true");`, {
      signal: AbortSignal.timeout(5000),
    });
    assert.ok(data.x === undefined || data.x === "true");
  });
  await t.step("toJSON changes at most the script's own values", async () => {
    const { data } = await runScript(`Object.prototype.toJSON = () => 7; Wfe.setOutput("x", { a: 1 });`);
    assert.deepEqual(data, { x: 7 });
  });
});

Deno.test("a report that a script makes by what it finds in its heap is worth no more than what it may set", async () => {
  const forge = (outputs: string) => `
    const { getHeapSnapshot } = await import("node:v8");
    const heap = (await Array.fromAsync(getHeapSnapshot())).join("");
    for (const key of new Set(heap.match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g))) {
      postMessage(key + '{"kind":"done","outputs":' + ${JSON.stringify(outputs)} + "}");
    }
    await new Promise(() => {});`;
  const outputLimit = 1000;
  const allowed = await runScript(forge(`{"x":1}`), { outputLimit });
  assert.deepEqual([allowed.error, allowed.data], [undefined, { x: 1 }]);
  for (const outputs of [`{"no name":1}`, `{"__proto__":{}}`, JSON.stringify({ x: "y".repeat(1000) })]) {
    const { error, data } = await runScript(forge(outputs), { outputLimit });
    assert.equal((error as ScriptError).reason, "output", `${error}`);
    assert.deepEqual(data, {});
  }
});

Deno.test("standard input is empty, and the job is nowhere to be found", async () => {
  const { data, error } = await runScript(
    `
    const buffer = new Uint8Array(100);
    const found = [Deno.stdin.readSync(buffer), await Deno.stdin.read(buffer)];
    found.push((await new Response(Deno.stdin.readable).text()).length, Deno.args.length);
    Wfe.setOutput("found", found);
    Wfe.setOutput("internal", typeof Deno[Deno.internal]);
    for (const path of ["/proc/self/mem", "/proc/self/fd/0", "/proc/self/cmdline", "/proc/self/environ"]) {
      try { Deno.readFileSync(path); Wfe.setOutput("open", path); } catch {}
    }`,
    { permissions: { read: ["/tmp"] } },
  );
  assert.equal(error, undefined);
  assert.deepEqual(data, { found: [null, null, 0, 0], internal: "undefined" });
});

Deno.test("the address of the boot code leads to no secret", async () => {
  const { data, error } = await runScript(`
    const source = await (await fetch(self.location.href)).text().catch(String);
    Wfe.setOutput("hasKey", /[0-9a-f]{8}-[0-9a-f]{4}-4/.test(source));`);
  if (error === undefined) assert.deepEqual(data, { hasKey: false });
  else assert.ok(error instanceof ScriptError);
});
