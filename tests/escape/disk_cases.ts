import { type EscapeCase, grants, roomForWorkers, vary } from "./escape_case.ts";

/** Statements that keep something on disk by what asks for no permission. */
const routes: Readonly<Record<string, string>> = {
  "caches": `await (await caches.open("x")).put("http://a/", new Response("x"));`,
  "caches by another name": `await CacheStorage.prototype.open.call(globalThis.caches, "x");`,
  "localStorage": `localStorage.setItem("a", "b");`,
  "sessionStorage": `sessionStorage.setItem("a", "b");`,
  "indexedDB": `indexedDB.open("x");`,
  "Deno.openKv": `await Deno.openKv();`,
  "a driver of graphics": `if (await navigator.gpu.requestAdapter() === null) throw new Error("no driver");`,
};

/** Queries for which SQLite needs more room than it takes in memory. */
const queries: Readonly<Record<string, string>> = {
  "a sort of SQLite": `d.prepare(
    "with recursive c(x) as (select 1 union all select x + 1 from c limit 200000) select hex(randomblob(50)) h from c order by h"
  ).get();`,
  "a temporary table of SQLite":
    `d.exec("create temp table t (x)"); for (let i = 0; i < 9e3; i++) d.exec("insert into t values (zeroblob(1000))");`,
};

const database = `const d = new (await import("node:sqlite")).DatabaseSync(":memory:");`;

/** Tells the script what a Worker of its own has thrown, or comes to its end. */
const inWorker = (route: string) => `
  const code = ${
  JSON.stringify(`let e = null; try { ${route} } catch (thrown) { e = String(thrown); } postMessage(e);`)
};
  const worker = new Worker("data:text/javascript," + encodeURIComponent(code), { type: "module" });
  const { data } = await new Promise((resolve) => worker.onmessage = resolve);
  if (data !== null) throw new Error(data);`;

/** Grants under which Deno itself keeps nothing but small files. */
const readers = ["no grant", "a folder to read", "a host", "a variable"] as const;

/** Ways to fill the disk without a grant to write: `count` grants for each. */
export function diskCases(count: number): EscapeCase[] {
  const make = (script: string, permissions: EscapeCase["permissions"], memory?: number): EscapeCase => ({
    name: "keeping on disk by",
    script: () => script,
    permissions,
    ...(memory && { memory }),
    ends: ["threw"],
  });
  return [
    ...vary(
      queries,
      Object.fromEntries(readers.map((name) => [name, grants[name]!])),
      count,
      (query, permissions) => make(database + query, permissions),
    ),
    ...vary(routes, grants, count, (route, permissions) => make(route, permissions)),
    ...vary(
      routes,
      grants,
      count,
      (route, permissions) => ({
        ...make(inWorker(route), permissions, roomForWorkers),
        name: "keeping on disk, in a Worker of its own, by",
      }),
    ),
  ];
}
