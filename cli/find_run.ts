import type { WorkflowDefinition } from "../src/definition/definition.ts";
import type { Instance } from "../src/instance/instance.ts";
import type { Persistence } from "../src/provider/persistence.ts";
import { CliError } from "./cli_error.ts";
import { exitCodes } from "./exit_codes.ts";

const shortestPrefix = 4;

/**
 * The run with this id, or the only one whose id begins so (four characters or more).
 *
 * @throws {CliError} with exit code 3 when there is none, 2 when several begin so
 */
export async function findRun(store: Persistence, id: string): Promise<Instance> {
  const exact = await store.get(id);
  if (exact) return exact;
  const matches = id.length < shortestPrefix ? [] : await store.list({ idPrefix: id, limit: 4 });
  const [only, second] = matches;
  if (!only) throw noSuchRun(id);
  if (second) {
    const list = matches.slice(0, 3).map((run) => run.id).join(", ") + (matches.length > 3 ? ", …" : "");
    throw new CliError(`Cannot tell which run is meant by "${id}": there are ${list}. Give more of the id.`);
  }
  return only;
}

/** What to say when no run has this id. */
export function noSuchRun(id: string): CliError {
  return new CliError(`Cannot find a run with id "${id}". \`wfe runs\` lists them.`, exitCodes.nothing);
}

/** Reads the definition that a run keeps. */
export async function definitionOf(store: Persistence, run: Instance): Promise<WorkflowDefinition> {
  const stored = await store.getDefinition(run.definitionHash);
  if (!stored) {
    throw new Error(`The store has no definition ${run.definitionHash}, which run ${run.id} needs`);
  }
  return JSON.parse(stored.content);
}
