import type { WorkflowDefinition } from "../definition/definition.ts";
import { parseDocument } from "./document.ts";
import { offsetInScript } from "./expression/script_text.ts";
import { nodeAt } from "./node.ts";
import { ProblemList } from "./problem_list.ts";
import { readSource } from "./read_source.ts";
import { ScalarOffsets } from "./scalar_offset.ts";
import type { ScriptConfig } from "./step_types/script.ts";

/** The script of a step, and a way to say what is wrong with it where it stands in the workflow file. */
export interface PlacedScript {
  /** Config of the step. */
  readonly config: ScriptConfig;
  /** Adds a problem at `length` code units from `offset` on, counted in the text that is run. */
  report(offset: number, length: number, message: string): void;
}

/** The scripts of a workflow file. */
export interface PlacedScripts {
  /** Of each script step, in the order of the file. */
  readonly scripts: readonly PlacedScript[];
  /** Takes what is reported. */
  readonly problems: ProblemList;
}

/**
 * Finds the scripts of a definition in the file that it was loaded from.
 *
 * @throws {WorkflowSyntaxError} when the file can no longer be read
 */
export async function placeScripts(path: string, definition: WorkflowDefinition): Promise<PlacedScripts> {
  const source = await readSource(path);
  const root = parseDocument(source);
  const problems = new ProblemList(source);
  const scripts = definition.steps.flatMap(({ type, config }, index): PlacedScript[] => {
    const node = nodeAt(root, ["workflow", "steps", index, "config", "script"]);
    if (type !== "deno" || node?.kind !== "scalar" || typeof node.value !== "string") return [];
    const text = node.value;
    const offsets = new ScalarOffsets(source, node);
    return [{
      config: config as unknown as ScriptConfig,
      report: (offset, length, message) => {
        const start = offsetInScript(text, offset);
        const end = offsetInScript(text, offset + length);
        problems.add(offsets.span(start, Math.max(1, end - start)), message);
      },
    }];
  });
  return { scripts, problems };
}
