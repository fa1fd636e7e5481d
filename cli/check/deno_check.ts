import { pathToFileURL } from "node:url";
import { wfeTypes } from "../../executors/script/wfe_types.ts";
import { CliError } from "../cli_error.ts";
import { type Diagnostic, firstMessage, readDiagnostics } from "./diagnostics.ts";

/** What is wrong with one of several scripts. */
export interface Finding {
  /** Which of them. */
  readonly script: number;
  /** Where in it, in code units. */
  readonly offset: number;
  /** How much of it is meant, at least 1. */
  readonly length: number;
  /** What is wrong. */
  readonly message: string;
}

interface File {
  readonly script: number;
  readonly path: string;
  readonly url: string;
  readonly text: string;
}

/**
 * Type-checks modules, with the globals of a script step.
 *
 * @param flags of `deno check`, beside those that keep configuration files out
 * @throws {CliError} where the engine may not do what that takes, or there is no Deno
 */
export async function denoCheck(texts: readonly string[], flags: readonly string[]): Promise<Finding[]> {
  refuseWithoutDeno();
  const folder = makeFolder();
  try {
    // Names that a script cannot import, because it does not know them.
    const files = texts.map((text, script): File => {
      const path = `${folder}/${crypto.randomUUID()}.ts`;
      Deno.writeTextFileSync(path, text);
      return { script, path, url: pathToFileURL(path).href, text };
    });
    const types = `${folder}/wfe.d.ts`;
    Deno.writeTextFileSync(types, wfeTypes);
    return await checkFiles(files, (paths) => runCheck([...flags, types, ...paths]));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** What cannot be parsed or imported hides all else: so the other files are checked again, without that one. */
async function checkFiles(
  files: readonly File[],
  check: (paths: readonly string[]) => Promise<string>,
): Promise<Finding[]> {
  if (files.length === 0) return [];
  const output = await check(files.map(({ path }) => path));
  const diagnostics = readDiagnostics(output);
  const findings = files.flatMap((file) =>
    diagnostics.filter((found) => found.file === file.url).map((found) => toFinding(file, found))
  );
  const unreadable = diagnostics.find(({ columns }) => columns === "characters")?.file;
  const others = files.filter(({ url }) => url !== unreadable);
  if (others.length < files.length) return [...findings, ...await checkFiles(others, check)];
  const why = firstMessage(output);
  if (findings.length > 0 || why === undefined) return findings;
  // Something is wrong with what one of them imports: whose it is shows when each is checked by itself.
  if (files.length > 1) return (await Promise.all(files.map((file) => checkFiles([file], check)))).flat();
  const message = `What the script imports cannot be used: ${diagnostics[0]?.message ?? why}`;
  return [{ script: files[0]!.script, offset: 0, length: 1, message }];
}

function toFinding({ script, text }: File, { line, column, columns, length, message }: Diagnostic): Finding {
  const lines = text.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, 0);
  const before = columns === "units"
    ? column - 1
    : Array.from(lines[line - 1] ?? "").slice(0, column - 1).join("").length;
  return { script, offset: start + before, length, message };
}

/** Runs it and returns what it prints; nothing where all is right. */
async function runCheck(args: readonly string[]): Promise<string> {
  const command = new Deno.Command("deno", {
    args: ["check", "--quiet", "--no-config", "--no-lock", "--no-npm", ...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
  });
  const { success, stdout, stderr } = await outputOf(command);
  return success ? "" : new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

async function outputOf(command: Deno.Command): Promise<Deno.CommandOutput> {
  try {
    return await command.output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new CliError("Cannot check scripts: there is no deno on the PATH", undefined, { cause: error });
  }
}

function refuseWithoutDeno(): void {
  const { state } = Deno.permissions.querySync({ name: "run", command: "deno" });
  if (state === "granted") return;
  throw new CliError(
    "Cannot check scripts: deno may not be run. Add --allow-run=deno to the command line of deno.",
  );
}

function makeFolder(): string {
  try {
    return Deno.makeTempDirSync({ prefix: "wfe-check-" });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    const message = "Cannot check scripts: the temporary folder may not be written, for copies of them. " +
      "Add --allow-write=/tmp to the command line of deno.";
    throw new CliError(message, undefined, { cause: error });
  }
}
