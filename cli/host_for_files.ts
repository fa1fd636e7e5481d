import { httpExecutor } from "../executors/http.ts";
import { type PermissionRecorder, ScriptExecutor } from "../executors/script.ts";
import { SecretReader } from "../executors/secrets.ts";
import { ShellExecutor } from "../executors/shell.ts";
import { WorkflowHostBuilder } from "../src/engine/host_builder.ts";
import type { Persistence } from "../src/provider/persistence.ts";
import type { QueueProvider } from "../src/provider/queue.ts";
import type { SearchIndex } from "../src/provider/search.ts";
import { fileOf, filesOf } from "./store.ts";

/** What a {@linkcode hostForFiles} works with. */
export interface HostParts {
  /** Where runs are kept. */
  readonly store: Persistence;
  /** Path or URL of the database: private folders of steps go beside it. */
  readonly database: string;
  /** Finds the runs; fed by the host. */
  readonly index?: SearchIndex | null;
  /** Tells of runs that are due, and hears of them. */
  readonly queue?: QueueProvider | undefined;
  /** Records what scripts use, in place of their sandbox. */
  readonly recorder?: PermissionRecorder | undefined;
}

/** A host for workflow files: with all that their steps need. */
export function hostForFiles(
  { store, database, index = null, queue, recorder }: HostParts,
): WorkflowHostBuilder {
  const place = { directory: `${fileOf(database)}.steps` };
  return new WorkflowHostBuilder({ search: index, ...queue && { queue } })
    .usePersistence(store)
    .useExecutor(new ShellExecutor(place))
    .useExecutor(new ScriptExecutor({ ...place, closed: filesOf(database), ...recorder && { recorder } }))
    .useExecutor(httpExecutor)
    .useSecrets(new SecretReader());
}
