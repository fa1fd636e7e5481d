import type { ScriptFailure } from "../../executors/script.ts";
import { type EscapeCase, grants } from "./escape_case.ts";

type Bomb = readonly [script: string, ...reasons: ScriptFailure[]];

/** Scripts that take all there is, and why they have to fail: by the limit, or by what V8 throws at them. */
const bombs: Readonly<Record<string, Bomb>> = {
  "arrays": [`const a = []; for (;;) a.push(new Array(1e5).fill({}));`, "memory"],
  "strings": [`const a = []; for (let i = 0;; i++) a.push(("x" + i).repeat(1e4).split(""));`, "memory"],
  "a string": [`let s = "x"; for (;;) s += s;`, "threw"],
  "a map": [`const m = new Map(); for (let i = 0;; i++) m.set({ i }, { i });`, "memory"],
  "one array": [`new Array(2 ** 32 - 1).fill(0);`, "memory"],
  "closures": [`let f = () => 0; for (;;) { const g = f; f = () => g; }`, "memory"],
  "array buffers": [`const a = []; for (;;) a.push(new Uint8Array(2 ** 25).fill(1));`, "memory"],
  "small array buffers": [`const a = []; for (;;) a.push(new Uint8Array(2 ** 16).fill(1));`, "memory"],
  "one array buffer": [`new ArrayBuffer(2 ** 40);`, "memory"],
  "a growing array buffer": [
    `const b = new ArrayBuffer(0, { maxByteLength: 2 ** 32 }); for (let n = 0;; n += 2 ** 24) b.resize(n);`,
    "memory",
  ],
  "shared buffers": [
    `const a = []; for (;;) { const b = new Uint8Array(new SharedArrayBuffer(2 ** 25)); b.fill(1); a.push(b); }`,
    "memory",
  ],
  "buffers of Node": [`const a = []; for (;;) a.push(Buffer.alloc(2 ** 25, 1));`, "memory"],
  "blobs": [`const a = []; for (;;) a.push(new Blob([new Uint8Array(2 ** 24).fill(1)]));`, "memory"],
  "addresses of blobs": [
    `for (;;) URL.createObjectURL(new Blob([new Uint8Array(2 ** 24).fill(1)]));`,
    "memory",
  ],
  "memory of WebAssembly": [
    `const m = new WebAssembly.Memory({ initial: 1, maximum: 65536 }); for (;;) { m.grow(256); new Uint8Array(m.buffer).fill(1); }`,
    "memory",
  ],
  "clones": [
    `let o = [0]; for (;;) o = structuredClone([o, o, new Uint8Array(2 ** 20)]);`,
    "memory",
  ],
  "messages": [
    `const c = new MessageChannel(); for (;;) c.port1.postMessage(new Uint8Array(2 ** 20).fill(1));`,
    "memory",
  ],
  "messages to the sandbox": [`for (;;) postMessage(new Uint8Array(2 ** 20).fill(1));`, "memory"],
  "messages to all": [
    `const [a, b] = [1, 2].map(() => new BroadcastChannel("x")); for (;;) a.postMessage(new Uint8Array(2 ** 20).fill(1));`,
    "memory",
  ],
  "Workers": [`for (;;) new Worker("data:text/javascript,", { type: "module" });`, "memory"],
  "timers": [`for (;;) setTimeout(() => {}, 1e9);`, "memory"],
  "promises": [`const a = []; for (;;) a.push(new Promise(() => {}));`, "memory"],
  "work of other threads": [`for (;;) crypto.subtle.digest("SHA-256", new Uint8Array(2 ** 20));`, "memory"],
  "rejections": [
    `for (let i = 0; i < 1e6; i++) Promise.reject(new Error("x")); await new Promise(() => {});`,
    "memory",
    "threw",
  ],
  "decompression": [
    `const z = await import("node:zlib"); const b = z.gzipSync(new Uint8Array(2 ** 26)); const a = []; for (;;) a.push(z.gunzipSync(b));`,
    "memory",
  ],
  "a database in memory": [
    `const { DatabaseSync } = await import("node:sqlite"); const d = new DatabaseSync(":memory:");
     d.exec("create table t (x)"); for (;;) d.exec("insert into t values (zeroblob(10000000))");`,
    "memory",
  ],
  "a raised limit of V8": [
    `const v8 = await import("node:v8"); v8.setFlagsFromString("--max-old-space-size=9999"); v8.setFlagsFromString("--max-heap-size=9999");
     const a = []; for (;;) a.push(new Array(1e5).fill({}));`,
    "memory",
  ],
  "a deep text": [`JSON.parse("[".repeat(1e7));`, "memory"],
  "recursion": [`const f = () => f(); f();`, "threw"],
  "asynchronous recursion": [`const f = async () => { await f(); }; await f();`, "threw"],
  "open files": [`for (;;) Deno.openSync("NOTE");`, "files"],
  "open files of node:fs": [
    `const fs = await import("node:fs"); for (;;) fs.openSync("NOTE");`,
    "files",
  ],
  "open files, then a Worker": [
    `try { for (;;) Deno.openSync("NOTE"); } catch { new Worker("data:text/javascript,", { type: "module" }); }
     await new Promise(() => {});`,
    "files",
    "memory",
  ],
  "outputs": [`for (let i = 0;; i++) Wfe.setOutput("a" + i, "x".repeat(1000));`, "output"],
  "one output": [`Wfe.setOutput("a", "x".repeat(2 ** 28));`, "output", "memory"],
  "a long message": [`throw new Error("x".repeat(5e8));`, "memory"],
  "a chain of causes": [
    `let c = new Error("x"); for (let i = 0; i < 1e5; i++) c = new Error("y".repeat(100), { cause: c }); throw c;`,
    "threw",
    "memory",
  ],
  "what cannot wait to be printed": [
    `const b = new Uint8Array(2 ** 20).fill(120); for (;;) Deno.stdout.write(b);`,
    "memory",
  ],
};

/** Floods: no limit but that of time ends what goes straight on. */
const floods: Readonly<Record<string, string>> = {
  "lines": `const t = "x".repeat(1e5); for (;;) console.log(t);`,
  "lines of errors": `const t = "x".repeat(1e5); for (;;) console.error(t);`,
  "empty lines": `const b = new Uint8Array(2 ** 16).fill(10); for (;;) Deno.stdout.writeSync(b);`,
  "one line": `const b = new Uint8Array(2 ** 20).fill(120); for (;;) Deno.stdout.writeSync(b);`,
  "one line that is rewritten":
    `const b = new Uint8Array(2 ** 20).fill(13); for (;;) Deno.stdout.writeSync(b);`,
  "bytes that are no text": `const b = new Uint8Array(2 ** 20).fill(255); for (;;) Deno.stdout.writeSync(b);`,
};

/** Milliseconds that a flood goes on. */
const floodLasts = 500;

/** Steps that take all there is of something. */
export function exhaustionCases(): EscapeCase[] {
  return [
    ...Object.entries(bombs).map(([name, [script, ...ends]]): EscapeCase => ({
      name: `exhausting by ${name}`,
      script: ({ granted }) => script.replaceAll("NOTE", `${granted}/note.txt`),
      permissions: grants["a folder to read"]!,
      ends,
    })),
    ...Object.entries(floods).map(([name, script]): EscapeCase => ({
      name: `flooding by ${name}`,
      script: () => `console.log("on"); ${script}`,
      permissions: grants["no grant"]!,
      ends: "timeout",
      lasts: floodLasts,
    })),
  ];
}
