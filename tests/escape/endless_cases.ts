import { type EscapeCase, grants, roomForWorkers, vary } from "./escape_case.ts";

/** Functions that never return. */
export const loops: Readonly<Record<string, string>> = {
  "a loop": `() => { for (;;); }`,
  "Atomics.wait": `() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)`,
  "a regular expression": `() => /^(a+)+$/.test("a".repeat(60) + "b")`,
  "a loop of WebAssembly": `() => new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(
    [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 9, 1, 7, 0, 3, 64, 12, 0, 11, 11]
  ))).exports.f()`,
  "a sort": `() => { for (;;) Array.from({ length: 1e5 }, Math.random).sort(); }`,
  "a text of JSON": `() => { for (;;) JSON.stringify(new Array(1e5).fill({})); }`,
  "a query": `() => new (process.getBuiltinModule("sqlite").DatabaseSync)(":memory:")
    .exec("with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c")`,
  "a generator": `() => { for (const _ of (function* () { for (;;) yield; })()); }`,
};

/** Where in a script such a function is called. */
const places: Readonly<Record<string, string>> = {
  "at once": `console.log("on"); (LOOP)();`,
  "in a timer": `setTimeout(LOOP, 1); console.log("on"); await new Promise(() => {});`,
  "in a microtask": `console.log("on"); Promise.resolve().then(LOOP); await new Promise(() => {});`,
  "in what it throws": `console.log("on"); throw { get message() { return (LOOP)(); } };`,
  "in an output": `console.log("on"); Wfe.setOutput("a", { get b() { return (LOOP)(); } });`,
  "in a finalizer": `console.log("on"); try { throw 1; } finally { (LOOP)(); }`,
};

/** Scripts that never end by themselves and are no function. */
const waits: Readonly<Record<string, string>> = {
  "an await that never ends": `console.log("on"); await new Promise(() => {});`,
  "a loop of microtasks": `console.log("on"); for (;;) await null;`,
  "a then that calls itself": `console.log("on"); const t = { then(f) { f(t); } }; await t;`,
  "thens without end":
    `console.log("on"); const f = () => Promise.resolve().then(f); f(); await new Promise(() => {});`,
  "a loop of timers":
    `console.log("on"); const f = () => setTimeout(f, 0); f(); await new Promise(() => {});`,
  "a stop of itself": `console.log("on"); Deno.kill(Deno.pid, "SIGSTOP"); await new Promise(() => {});`,
  "signals that it ignores":
    `for (const s of ["SIGTERM", "SIGINT", "SIGHUP"]) Deno.addSignalListener(s, () => {}); console.log("on"); for (;;);`,
};

/** Loops of Workers that a script makes. */
const workers: Readonly<Record<string, string>> = {
  "a loop in a Worker of its own":
    `new Worker("data:text/javascript,for(;;);", { type: "module" }); console.log("on"); await new Promise(() => {});`,
};

/** Steps that only their time ends: `count` places for each loop. */
export function endlessCases(count: number): EscapeCase[] {
  const make = (script: string, memory?: number): EscapeCase => ({
    name: "never ending by",
    script: () => script,
    permissions: grants["no grant"]!,
    ...(memory && { memory }),
    ends: "timeout",
  });
  return [
    ...vary(loops, places, count, (loop, place) => make(place.replace("LOOP", () => loop))),
    ...vary(waits, { "at once": undefined }, 1, (script) => make(script)),
    ...vary(workers, { "at once": undefined }, 1, (script) => make(script, roomForWorkers)),
  ];
}
