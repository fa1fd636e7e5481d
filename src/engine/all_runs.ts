import type { Instance } from "../instance/instance.ts";
import type { WorkflowStatus } from "../instance/status.ts";
import type { Persistence } from "../provider/persistence.ts";

/** Runs come with their data: so many are in memory at once. */
const pageSize = 100;

/** All runs, newest first, read in pages; only those in one of these statuses, where some are given. */
export async function* allRuns(
  store: Persistence,
  status?: readonly WorkflowStatus[],
): AsyncGenerator<Instance> {
  const filter = { limit: pageSize, ...(status && { status }) };
  for (let page = await store.list(filter); page.length > 0;) {
    yield* page;
    const { createdAt, id } = page.at(-1)!;
    page = page.length < pageSize ? [] : await store.list({ ...filter, after: { createdAt, id } });
  }
}
