import type { WorkflowHostBuilder } from "../../../src/engine/host_builder.ts";
import type { EngineSettings } from "./messages.ts";

/** A host with the services beside its store that its settings name, each loaded only then. `opened` closes them. */
export async function withServices(
  builder: WorkflowHostBuilder,
  { search }: Pick<EngineSettings, "search">,
  opened: AsyncDisposableStack,
): Promise<WorkflowHostBuilder> {
  if (!search) return builder;
  const { OpenSearchIndex } = await import("../../../providers/opensearch/mod.ts");
  const { url, index } = search;
  return builder.useSearchIndex(opened.use(OpenSearchIndex.open(url, { index, replicas: 0 })));
}
