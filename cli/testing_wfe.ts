import { main } from "./mod.ts";
import { recordingIo } from "./testing_io.ts";

/** A folder with a workflow file, for the time of a test. */
export function workflowFile(text: string): Disposable & { readonly folder: string; readonly path: string } {
  const folder = Deno.makeTempDirSync({ prefix: "wfe-cli-" });
  const path = `${folder}/a.yaml`;
  Deno.writeTextFileSync(path, text);
  return { folder, path, [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }) };
}

/** Runs the command and returns what it wrote. */
export async function runWfe(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const io = recordingIo();
  const code = await main(args, { io });
  return { code, stdout: io.stdout.text, stderr: io.stderr.text };
}
