import { resolve } from "node:path";
import { stringify } from "yaml";
import {
  PermissionRecorder,
  type RecordableKind,
  recordableKinds,
  type RecordedStep,
} from "../../executors/script.ts";
import type { WorkflowDefinition } from "../../src/definition/definition.ts";
import type { WorkflowStatus } from "../../src/instance/status.ts";
import { CliError } from "../cli_error.ts";
import type { Io } from "../io.ts";
import { writeJson } from "../output/json.ts";
import { printable } from "../output/printable.ts";
import type { OutputFormat } from "../output/progress.ts";
import { databasePath, fileOf } from "../store.ts";

/** What each kind lets scripts do while they are recorded. */
const meanings: Readonly<Record<RecordableKind, string>> = {
  net: "reach any host, private addresses included",
  read: "read all files below the working folder",
  write: "write all files below the working folder",
  env: "read all variables of the environment",
  run: "run any program, with all rights of the user",
  dynamic_import: "import modules from any host",
};

/** Reads the kinds of `--record-permissions`. */
export function readKinds(argument: string): readonly RecordableKind[] {
  const kinds = argument.split(",");
  const unknown = kinds.find((kind) => !(recordableKinds as readonly string[]).includes(kind));
  if (unknown === undefined) return kinds as RecordableKind[];
  throw new CliError(
    `Cannot record the permission ${
      JSON.stringify(unknown)
    }: name what scripts may use meanwhile, one or more of ` +
      `${recordableKinds.join(", ")}, like --record-permissions read,net`,
  );
}

/** A recorder for a run of the database, and a warning of what that means. */
export function startRecording(
  allow: readonly RecordableKind[],
  db: string | undefined,
  { stderr }: Io,
): PermissionRecorder {
  const database = resolve(fileOf(databasePath(db)));
  const may = allow.map((kind) => meanings[kind]).join("; ");
  stderr.write(
    `${
      stderr.paint("yellow", "warning:")
    } recording permissions: scripts are NOT in their sandbox in this run. ` +
      `Beside what their steps have, they may: ${may}. Record only scripts that you trust.\n`,
  );
  return new PermissionRecorder({ allow, socket: `${database}.record`, spare: [database] });
}

/** Writes what was recorded in a run as a piece of YAML to take over, or as one JSON object. */
export function writeRecording(
  { steps }: PermissionRecorder,
  definition: WorkflowDefinition,
  status: WorkflowStatus,
  format: OutputFormat,
  { stdout }: Io,
): void {
  const recorded = definition.steps.flatMap(({ key, name = key }) => {
    const step = steps.get(key);
    return step === undefined ? [] : [{ name, step }];
  });
  if (format === "json") {
    const records = recorded.map(({ name, step }) => ({ step: name, ...step }));
    return writeJson(stdout, { type: "permissions", steps: records });
  }
  const lines = [
    "",
    "# What each script step used in this run: the permissions that it needs to do so again.",
    ...status === "Complete"
      ? []
      : ["# The run is not complete: what its steps would have used later is missing."],
  ];
  stdout.write(`${lines.join("\n")}\n${recorded.map(({ name, step }) => pieceOf(name, step)).join("")}`);
}

function pieceOf(name: string, { permissions, refused }: RecordedStep): string {
  const notes = refused.map((what) => `# refused meanwhile: ${printable(what)}\n`);
  return notes.join("") +
    stringify([{ name, config: { permissions } }], { lineWidth: 0, flowCollectionPadding: false });
}
