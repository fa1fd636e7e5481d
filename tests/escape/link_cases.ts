import { type EscapeCase, grants, roomForWorkers, vary } from "./escape_case.ts";

/** A module of WebAssembly with memory and a function `_initialize`. */
const wasm = "AGFzbQEAAAABBAFgAAADAgEABQMBAAEHGAIGbWVtb3J5AgALX2luaXRpYWxpemUAAAoEAQIACw==";

/** The file beside, over a link that WASI makes in `own`; `module` is an expression. */
const overLink = (module: string) => `
  const { WASI } = ${module};
  const wasi = new WASI({ version: "preview1", preopens: { "/own": own } });
  const { instance } = await WebAssembly.instantiate(Uint8Array.fromBase64("${wasm}"));
  wasi.initialize(instance);
  const memory = new Uint8Array(instance.exports.memory.buffer);
  const [to, link] = ["../kept", "link"].map((text) => new TextEncoder().encode(text));
  memory.set(to, 0);
  memory.set(link, 100);
  wasi.wasiImport.path_symlink(0, to.length, 3, 100, link.length);
  const text = Deno.readTextFileSync(own + "/link/secret.json");`;

const imported = overLink(`await import("node:wasi")`);

/** Statements that read the file beside the folder `own`, and log it. */
const routes: Readonly<Record<string, string>> = {
  "WASI": `${imported} Wfe.log(text);`,
  "WASI as a built-in module of process": `${overLink(`process.getBuiltinModule("wasi")`)} Wfe.log(text);`,
  "WASI in a Worker of its own": `
    const code = "const own = " + JSON.stringify(own) + ";" + ${
    JSON.stringify(imported)
  } + "postMessage(text);";
    const worker = new Worker("data:text/javascript," + encodeURIComponent(code), { type: "module" });
    Wfe.log(await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
    }));`,
  "WASI in a Worker of Node": `
    const { Worker } = await import("node:worker_threads");
    const code = "(async () => { const own = " + JSON.stringify(own) + ";" + ${JSON.stringify(imported)} +
      "require('node:worker_threads').parentPort.postMessage(text); })()";
    const worker = new Worker(code, { eval: true });
    Wfe.log(await new Promise((resolve, reject) => worker.on("message", resolve).on("error", reject)));`,
};

/** Ways to make a symbolic link out of a folder, and to follow it: `count` grants for each, and the one that is meant. */
export function linkCases(count: number): EscapeCase[] {
  const make = (route: string, permissions: EscapeCase["permissions"]): EscapeCase => ({
    name: "linking by",
    script: ({ granted }) => `const own = ${JSON.stringify(granted)}; ${route}`,
    permissions,
    memory: roomForWorkers,
    ends: ["permission", "threw"],
  });
  const { "a folder to read and write": meant, ...others } = grants;
  return [
    ...vary(routes, { "a folder to read and write": meant! }, 1, make),
    ...vary(routes, others, count, make),
  ];
}
