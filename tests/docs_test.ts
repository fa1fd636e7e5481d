import { ok } from "node:assert/strict";
import { loadWorkflow } from "../src/yaml/mod.ts";

const root = new URL("../", import.meta.url);
const files = ["./", "./docs/"].flatMap((folder) =>
  Array.from(Deno.readDirSync(new URL(folder, root)), ({ name }) => `${folder}${name}`)
).filter((file) => file.endsWith(".md")).sort();

/** The files that the documentation names are not there. */
const readFile = () => Promise.resolve({ text: "5;", sourceMap: { sources: [], mappings: "" } });

/** A block of YAML; its fences may be indented, as in a list. */
const block = /^([ \t]*)```yaml\n(.*?)^\1```$/gms;

for (const file of files) {
  Deno.test(`the workflows in ${file} are valid`, async (t) => {
    const text = Deno.readTextFileSync(new URL(file, root));
    for (const { 2: yaml = "", index } of text.matchAll(block)) {
      if (!/^\s*workflow:/m.test(yaml)) continue;
      const line = text.slice(0, index).split("\n").length;
      await t.step(`line ${line}`, async () => {
        // Every variable that it names has a value.
        const names = Array.from(yaml.matchAll(/\bvar\.(\w+)/g), ([, name]) => [name, "value"]);
        const path = await Deno.makeTempFile({ suffix: ".yaml" });
        try {
          await Deno.writeTextFile(path, yaml);
          const { steps } = await loadWorkflow(path, Object.fromEntries(names), { readFile });
          ok(steps.length > 0);
        } finally {
          await Deno.remove(path);
        }
      });
    }
  });
}
