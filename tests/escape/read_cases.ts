import { type EscapeCase, grants, product, roomForWorkers, type Scene, vary } from "./escape_case.ts";
import { pathSpellings, type Spelling, urlSpellings } from "./spellings.ts";

/** Expressions that get at the file at the path `place`. */
const pathRoutes: Readonly<Record<string, string>> = {
  "Deno.readTextFile": `Deno.readTextFileSync(place)`,
  "Deno.readFile": `new TextDecoder().decode(await Deno.readFile(place))`,
  "Deno.open": `await new Response((await Deno.open(place)).readable).text()`,
  "Deno.stat": `Deno.statSync(place)`,
  "Deno.lstat": `Deno.lstatSync(place)`,
  "Deno.realPath": `Deno.realPathSync(place)`,
  "Deno.watchFs": `Deno.watchFs(place)`,
  "readFile of node:fs": `(await import("node:fs")).readFileSync(place, "utf8")`,
  "open of node:fs": `(await import("node:fs")).openSync(place)`,
  "existsSync of node:fs": `(await import("node:fs")).existsSync(place)`,
  "createReadStream of node:fs":
    `String(await Array.fromAsync((await import("node:fs")).createReadStream(place)))`,
  "openAsBlob of node:fs": `await (await (await import("node:fs")).openAsBlob(place)).text()`,
  "readFile of node:fs/promises": `await (await import("node:fs/promises")).readFile(place, "utf8")`,
  "a built-in module of process": `process.getBuiltinModule("fs").readFileSync(place, "utf8")`,
  "require": `(await import("node:module")).createRequire("file:///x.js")(place)`,
  "node:sqlite": `new (await import("node:sqlite")).DatabaseSync(place)`,
};

const inner =
  `encodeURIComponent("export { default } from " + JSON.stringify(place) + " with { type: 'text' }")`;

/** Expressions that get at the file at the URL `place`. */
const urlRoutes: Readonly<Record<string, string>> = {
  "Deno.readTextFile of a URL": `Deno.readTextFileSync(new URL(place))`,
  "fetch of a file": `await (await fetch(place)).text()`,
  "WebAssembly.compileStreaming": `await WebAssembly.compileStreaming(fetch(place))`,
  "import() as text": `(await import(place, { with: { type: "text" } })).default`,
  "import() as a program": `await import(place)`,
  "import() by data:": `(await import("data:text/javascript," + ${inner})).default`,
  "import() by blob:":
    `(await import(URL.createObjectURL(new Blob([decodeURIComponent(${inner})], { type: "text/javascript" })))).default`,
};

/** Modules that get at the file at the URL `PLACE` before their first line. */
const importRoutes: Readonly<Record<string, string>> = {
  "static import as text": `import text from PLACE with { type: "text" }; Wfe.log(text);`,
  "static import as JSON": `import text from PLACE with { type: "json" }; Wfe.log(text);`,
  "static import as a program": `import * as text from PLACE; Wfe.log(text);`,
  "export from": `export * from PLACE;`,
  "import() of a literal": `Wfe.log((await import(PLACE, { with: { type: "text" } })).default);`,
};

const reading = `encodeURIComponent(
  "postMessage(Deno.readTextFileSync(new URL(" + JSON.stringify(place) + ")))")`;

/** Addresses and options of Workers that get at the file at the URL `place`. */
const workerRoutes: Readonly<Record<string, string>> = {
  "a Worker that reads": `"data:text/javascript," + ${reading}, { type: "module" }`,
  "a Worker that inherits":
    `"data:text/javascript," + ${reading}, { type: "module", deno: { permissions: "inherit" } }`,
  "a Worker that asks for more":
    `"data:text/javascript," + ${reading}, { type: "module", deno: { permissions: { read: true } } }`,
  "a Worker that imports": `"data:text/javascript," + ${inner}, { type: "module" }`,
  "a Worker of the file": `place, { type: "module" }`,
};

const targets: Readonly<Record<string, (scene: Scene) => string>> = {
  "the file beside": ({ kept }) => `${kept}/secret.json`,
  "the engine's database": ({ kept }) => `${kept}/engine.db`,
  "/etc/passwd": () => "/etc/passwd",
};

/** Ways to read a file: `count` for each route, each by another spelling, for another target, under another grant. */
export function readCases(count: number): EscapeCase[] {
  const beside = product(targets, grants);
  const byPath = product(pathSpellings, beside);
  const byUrl = product(urlSpellings, beside);
  const make =
    (write: (route: string, place: string) => string, memory?: number) =>
    (route: string, [spell, [target, permissions]]: Variant): EscapeCase => ({
      name: "reading by",
      script: (scene) => write(route, JSON.stringify(spell(target(scene), scene))),
      permissions,
      ...(memory && { memory }),
      ends: ["permission"],
    });
  const expression = (route: string, place: string) => `const place = ${place}; Wfe.log(${route});`;
  return [
    ...vary(pathRoutes, byPath, count, make(expression)),
    ...vary(urlRoutes, byUrl, count, make(expression)),
    ...vary(importRoutes, byUrl, count, make((route, place) => route.replaceAll("PLACE", () => place))),
    ...vary(
      workerRoutes,
      product({ "as it is": urlSpellings["as it is"]! }, beside),
      1,
      (worker, variant) => ({
        ...make(asking, roomForWorkers)(worker, variant),
        // Deno has words of its own for a Worker that wants more than its parent has.
        ends: ["permission", "threw"],
      }),
    ),
  ];
}

type Variant = readonly [Spelling, readonly [(scene: Scene) => string, EscapeCase["permissions"]]];

function asking(worker: string, place: string): string {
  return `const place = ${place};
    const worker = new Worker(${worker});
    Wfe.log(await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
    }));`;
}
