import type { Instance } from "../instance/instance.ts";
import type { Persistence, ProgressNote, RunFilter } from "../provider/persistence.ts";

/** A run as a list shows it. */
export interface ListedWorkflow extends Instance {
  /** What its step says of how far it is, by `ctx.setStatus`; null where none says anything. */
  readonly note: ProgressNote | null;
}

/** A run as it stands. */
export interface WorkflowView extends ListedWorkflow {
  /** Whether something of it was under way when its host ended, and no host has taken it up. */
  readonly interrupted: boolean;
}

/** A run as it stands, or null. */
export async function viewRun(persistence: Persistence, runId: string): Promise<WorkflowView | null> {
  const instance = await persistence.get(runId);
  if (!instance) return null;
  // Ready work is due at once: nobody is at it.
  const isReady = instance.status === "Runnable" && instance.nextWake === 0;
  const interrupted = isReady && await persistence.ownerOf(runId) === null;
  const [listed] = await withNotes(persistence, [instance]);
  return { ...listed!, interrupted };
}

/** Runs that pass a filter, newest first. */
export async function listRuns(
  persistence: Persistence,
  filter: RunFilter,
): Promise<readonly ListedWorkflow[]> {
  return await withNotes(persistence, await persistence.list(filter));
}

async function withNotes(persistence: Persistence, runs: readonly Instance[]): Promise<ListedWorkflow[]> {
  // What has ended says nothing more.
  const open = runs.filter(({ endedAt }) => endedAt === null).map(({ id }) => id);
  const notes = open.length > 0 ? await persistence.notes(open) : null;
  return runs.map((run) => ({ ...run, note: notes?.get(run.id) ?? null }));
}
