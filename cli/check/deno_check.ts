import { pathToFileURL } from "node:url";
import { wfeTypes } from "../../executors/script/wfe_types.ts";
import { CliError } from "../cli_error.ts";
import { type Diagnostic, firstMessage, offsetOf, readDiagnostics } from "./diagnostics.ts";

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
 * @param flags of `deno check`, beside those that keep configuration files and packages out
 * @throws {CliError} where the engine may not do what that takes, or there is no Deno
 */
export async function denoCheck(texts: readonly string[], flags: readonly string[]): Promise<Finding[]> {
  return await withTypes(async (types, folder) => {
    // Names that a script cannot import, because it does not know them.
    const files = texts.map((text, script): File => {
      const path = `${folder}/${crypto.randomUUID()}.ts`;
      Deno.writeTextFileSync(path, text);
      return { script, path, url: pathToFileURL(path).href, text };
    });
    return await checkFiles(
      files,
      (paths) => runCheck(["--no-config", "--no-lock", "--no-npm", ...flags, types, ...paths]),
    );
  });
}

/**
 * Calls `check` with the path of a file that declares the globals of a script step, in a temporary folder.
 *
 * @throws {CliError} where Deno may not be run, or the folder not be made
 */
export async function withTypes<Result>(
  check: (types: string, folder: string) => Promise<Result>,
): Promise<Result> {
  refuseWithoutDeno();
  const folder = makeFolder();
  try {
    const types = `${folder}/wfe.d.ts`;
    Deno.writeTextFileSync(types, wfeTypes);
    return await check(types, folder);
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

function toFinding({ script, text }: File, found: Diagnostic): Finding {
  return { script, offset: offsetOf(found, text), length: found.length, message: found.message };
}

/**
 * Runs `deno check` and returns what it prints; nothing where all is right.
 *
 * @throws {CliError} where there is no Deno
 */
export async function runCheck(args: readonly string[]): Promise<string> {
  const command = new Deno.Command("deno", {
    args: ["check", "--quiet", ...args],
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
