import type { ScriptFailure } from "../../executors/script.ts";
import { type EscapeCase, grants, product, vary } from "./escape_case.ts";

/** Statements that claim success, or spoil what the boot code may rely on. */
const techniques: Readonly<Record<string, string>> = {
  "a printed report": `console.log('{"kind":"done","outputs":{"x":"forged"}}');`,
  "a printed report with a guessed nonce":
    `for (const nonce of ["", "null", "undefined", crypto.randomUUID()]) console.log(nonce + '.{"kind":"done","outputs":{}}');`,
  "a report on an open line":
    `Deno.stdout.writeSync(new TextEncoder().encode('\\r\\n.{"kind":"done","outputs":{}}'));`,
  "a posted report":
    `postMessage('{"kind":"done","outputs":{"x":"forged"}}'); postMessage({ kind: "done", outputs: {} });`,
  "a message of its own":
    `dispatchEvent(new MessageEvent("message", { data: { url: "data:text/javascript,", key: "" } }));`,
  "a BroadcastChannel": `new BroadcastChannel("wfe").postMessage({ kind: "done", outputs: {} });`,
  "another JSON":
    `JSON.stringify = () => '{"kind":"done","outputs":{}}'; JSON.parse = () => ({ kind: "done", outputs: {} });`,
  "another postMessage":
    `globalThis.postMessage = Worker.prototype.postMessage = MessagePort.prototype.postMessage = () => {};`,
  "another error": `globalThis.Error = class { constructor() { return { kind: "done", outputs: {} }; } };`,
  "properties of every object":
    `Object.assign(Object.prototype, { kind: "done", outputs: {}, message: "", stack: "" });`,
  "setters of every object":
    `for (const key of ["kind", "outputs", "data"]) Object.defineProperty(Object.prototype, key, { get: () => "done", set() {} });`,
  "iterators of every array":
    `Array.prototype[Symbol.iterator] = function* () {}; Array.prototype.push = () => 0;`,
  "methods of every string":
    `String.prototype.startsWith = () => true; String.prototype.slice = String.prototype.replaceAll = () => "";`,
  "methods of every promise":
    `Promise.prototype.catch = Promise.prototype.finally = function () { return this; };`,
  "silent events": `addEventListener("error", (event) => event.stopImmediatePropagation(), true);
    EventTarget.prototype.dispatchEvent = () => true;`,
  "handlers of its own": `onerror = onunhandledrejection = (event) => event.preventDefault?.() ?? true;`,
};

const endings: Readonly<Record<string, readonly [statement: string, reason: ScriptFailure]>> = {
  "then a throw": [`throw new RangeError("own");`, "threw"],
  "then a late throw": [
    `setTimeout(() => { throw new RangeError("own"); }); await new Promise(() => {});`,
    "threw",
  ],
  "then Deno.exit": [`Deno.exit(0);`, "no-result"],
  "then process.exit": [`process.exit(0);`, "no-result"],
  "then self.close": [`self.close();`, "no-result"],
  "then a kill of itself": [`Deno.kill(Deno.pid, "SIGKILL"); await new Promise(() => {});`, "crashed"],
};

/** Ways to make a success of a failure: `count` for each. */
export function forgeryCases(count: number): EscapeCase[] {
  return vary(
    techniques,
    product(endings, grants),
    count,
    (technique, [[statement, reason], permissions]) => ({
      name: "forging by",
      script: () => `${technique}\n${statement}`,
      permissions,
      ends: [reason],
    }),
  );
}
