import type { WorkflowDefinition } from "../src/definition/definition.ts";
import type { WorkflowHost } from "../src/engine/host.ts";
import type { RunHandle } from "../src/engine/run_handle.ts";
import type { Pointer } from "../src/instance/instance.ts";
import { StoreError } from "../src/provider/errors.ts";
import type { Persistence } from "../src/provider/persistence.ts";
import type { PermissionRecorder } from "../executors/script.ts";
import type { Cli } from "./cli.ts";
import { exitCodeOf, exitCodes } from "./exit_codes.ts";
import { hostForFiles } from "./host_for_files.ts";
import { openQueue } from "./open_queue.ts";
import { openSearchServer } from "./open_search.ts";
import { createProgress } from "./output/create_progress.ts";
import type { OutputFormat } from "./output/progress.ts";
import { RunView } from "./output/run_view.ts";
import { writeRecording } from "./record/recording.ts";
import { once } from "./once.ts";
import { onInterrupt } from "./signals.ts";
import { StorePatience } from "./store_patience.ts";
import { databaseHint } from "./store.ts";

/** What `wfe run` and `wfe resume` have in common. */
export interface Execution {
  /** Where the run is kept. */
  readonly store: Persistence;
  /** What it runs. */
  readonly definition: WorkflowDefinition;
  /** Its id, where it exists already. */
  readonly runId?: string;
  /** What is recorded of it. */
  readonly pointers: readonly Pointer[];
  /** Starts it, or sets it going again. */
  readonly begin: (host: WorkflowHost) => Promise<RunHandle>;
  /** How to show it. */
  readonly output: OutputFormat;
  /** Path or URL of the database: private folders of steps go beside it. */
  readonly database: string;
  /** The `--db` option, for the command that continues the run. */
  readonly db: string | undefined;
  /** The `--search` option. */
  readonly search: string | undefined;
  /** The `--queue` option. */
  readonly queue: string | undefined;
  /** Records what its scripts use, in place of their sandbox. */
  readonly recorder?: PermissionRecorder;
}

/** Runs a workflow until it is at rest or the user interrupts; shows it meanwhile. Returns the exit code. */
export async function execute(execution: Execution, { io, storePatience }: Cli): Promise<number> {
  const { store, definition, runId, pointers, begin, output, database, db, search, recorder } = execution;
  const started = performance.now();
  await using index = openSearchServer(search);
  await using server = await openQueue(execution.queue);
  const host = hostForFiles({ store, database, index, queue: server?.queue, recorder }).ownRunsOnly().build();
  await using _stop = { [Symbol.asyncDispose]: () => host.stop({ grace: 0 }) };
  using progress = await createProgress(output, io, new RunView(definition, pointers));
  using patience = new StorePatience(storePatience);
  using _events = host.onEvent((event) => {
    patience.relief();
    if (event.type === "WorkflowStarted") progress.begin(event.runId);
    progress.event(event);
  });
  using _log = host.onLog((line) => progress.log(line));
  using _notes = host.onNote((note) => progress.stepNote(note));
  using _search = host.onSearchTrouble(once((message) => progress.note(message)));
  const noteTrouble = once((message) => progress.note(`The store is in trouble: ${message}`));
  using _troubles = host.onTrouble((error) => {
    patience.trouble(error);
    noteTrouble(error);
  });

  const interruption = new AbortController();
  using _signals = onInterrupt(
    () => {
      progress.note("stopping… (again to end at once)");
      interruption.abort();
    },
    () => {
      progress[Symbol.dispose]();
      Deno.exit(exitCodes.interrupted);
    },
  );

  if (runId !== undefined) progress.begin(runId);
  await host.start();
  const handle = await begin(host);
  await untilRest(handle, AbortSignal.any([interruption.signal, patience.signal]));
  await host.stop({ grace: 0 });
  const run = (await store.get(handle.id))!;
  const interrupted = run.status === "Runnable" && run.parkedReason === null;
  const elapsed = performance.now() - started;
  // For programs the run itself comes last; for people, what they are to take over.
  if (recorder && output === "json") writeRecording(recorder, definition, run.status, output, io);
  progress.end({ run, interrupted, elapsed, target: run.id + databaseHint(db) });
  if (recorder && output !== "json") writeRecording(recorder, definition, run.status, output, io);
  return interruption.signal.aborted && interrupted ? exitCodes.interrupted : exitCodeOf(run.status);
}

/** Waits until the run goes no further by itself, or the signal aborts. */
async function untilRest(handle: RunHandle, signal: AbortSignal): Promise<void> {
  try {
    await handle.atRest({ signal });
  } catch (error) {
    // A store that failed for good has been told of already.
    if (!signal.aborted && !(error instanceof StoreError)) throw error;
  }
}
