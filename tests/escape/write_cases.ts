import { type EscapeCase, grants, product, type Scene, vary } from "./escape_case.ts";
import { pathSpellings } from "./spellings.ts";

/** Statements that change what is at the path `place`; `own` is a folder that the step may be granted. */
const routes: Readonly<Record<string, string>> = {
  "Deno.writeTextFile": `Deno.writeTextFileSync(place, "pwned")`,
  "Deno.writeFile that appends": `await Deno.writeFile(place, new Uint8Array(1), { append: true })`,
  "Deno.open to write": `Deno.openSync(place, { write: true, create: true })`,
  "Deno.truncate": `Deno.truncateSync(place)`,
  "Deno.remove": `Deno.removeSync(place, { recursive: true })`,
  "Deno.mkdir": `Deno.mkdirSync(place + ".d")`,
  "Deno.makeTempFile": `Deno.makeTempFileSync({ dir: place + "/.." })`,
  "Deno.chmod": `Deno.chmodSync(place, 0o777)`,
  "Deno.utime": `Deno.utimeSync(place, 0, 0)`,
  "Deno.copyFile": `Deno.copyFileSync(own + "/note.txt", place)`,
  "Deno.rename onto it": `Deno.renameSync(own + "/note.txt", place)`,
  "Deno.rename of it": `Deno.renameSync(place, own + "/taken")`,
  "Deno.link": `Deno.linkSync(place, own + "/link")`,
  "writeFile of node:fs": `(await import("node:fs")).writeFileSync(place, "pwned")`,
  "appendFile of node:fs/promises": `await (await import("node:fs/promises")).appendFile(place, "pwned")`,
  "createWriteStream of node:fs":
    `await new Promise(async (resolve, reject) => (await import("node:fs")).createWriteStream(place)` +
    `.on("error", reject).on("finish", resolve).end("pwned"))`,
  "cp of node:fs": `(await import("node:fs")).cpSync(own + "/note.txt", place)`,
  "rm of node:fs": `(await import("node:fs")).rmSync(place)`,
  "node:sqlite": `new (await import("node:sqlite")).DatabaseSync(place)`,
  "a heap snapshot": `(await import("node:v8")).writeHeapSnapshot(place)`,
  "a unix socket": `Deno.listen({ transport: "unix", path: place + ".sock" })`,
};

const targets: Readonly<Record<string, (scene: Scene) => string>> = {
  "a file that is there": ({ kept }) => `${kept}/secret.json`,
  "a new file": ({ kept }) => `${kept}/new`,
  "the engine's database": ({ kept }) => `${kept}/engine.db`,
};

/** Ways to write where none may: `count` for each route. */
export function writeCases(count: number): EscapeCase[] {
  const variants = product(pathSpellings, product(targets, grants));
  return vary(routes, variants, count, (route, [spell, [target, permissions]]) => ({
    name: "writing by",
    script: (scene) => {
      const [place, own] = [spell(target(scene), scene), scene.granted].map((path) => JSON.stringify(path));
      return `const place = ${place}, own = ${own}; Wfe.log(${route});`;
    },
    permissions,
    ends: ["permission"],
  }));
}
