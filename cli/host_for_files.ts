import { httpExecutor } from "../executors/http.ts";
import { type PermissionRecorder, ScriptExecutor } from "../executors/script.ts";
import { SecretReader } from "../executors/secrets.ts";
import { ShellExecutor } from "../executors/shell.ts";
import { WorkflowHostBuilder } from "../src/engine/host_builder.ts";
import type { Persistence } from "../src/provider/persistence.ts";
import { fileOf } from "./store.ts";

/**
 * A host for workflow files: with all that their steps need. Private folders of steps go beside the database.
 *
 * @param recorder records what scripts use, in place of their sandbox
 */
export function hostForFiles(
  store: Persistence,
  database: string,
  recorder?: PermissionRecorder,
): WorkflowHostBuilder {
  const place = { directory: `${fileOf(database)}.steps` };
  return new WorkflowHostBuilder()
    .usePersistence(store)
    .useExecutor(new ShellExecutor(place))
    .useExecutor(new ScriptExecutor({ ...place, ...recorder && { recorder } }))
    .useExecutor(httpExecutor)
    .useSecrets(new SecretReader());
}
