import { scriptBundler } from "../executors/script/bundle/script_bundler.ts";
import type { WorkflowDefinition } from "../src/definition/definition.ts";
import { loadWorkflow, readStepFile } from "../src/yaml/mod.ts";
import type { Variables } from "./arguments.ts";
import type { Io } from "./io.ts";

/**
 * Loads a workflow file, and warns of variables that nothing in it names. `onFile` gets the path of each file that is
 * read for a step as it is.
 */
export async function loadFile(
  path: string,
  variables: Variables,
  { stderr }: Io,
  onFile: (path: string) => void = () => {},
): Promise<WorkflowDefinition> {
  const readFile = scriptBundler({
    readFile: (file) => {
      onFile(file.path);
      return readStepFile(file);
    },
  });
  const definition = await loadWorkflow(path, variables, { readFile });
  const words = new Set(JSON.stringify(definition).match(/[\p{L}\p{N}_-]+/gu));
  for (const name of Object.keys(variables).filter((name) => !words.has(name))) {
    stderr.write(`${stderr.paint("yellow", "warning:")} nothing in ${path} uses the variable "${name}"\n`);
  }
  return definition;
}
