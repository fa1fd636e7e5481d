import type { WorkflowHostBuilder } from "../../../src/engine/host_builder.ts";
import type { EngineSettings } from "./messages.ts";

/** A host with the services beside its store that its settings name, each loaded only then. `opened` closes them. */
export async function withServices(
  builder: WorkflowHostBuilder,
  { search, valkey }: Pick<EngineSettings, "search" | "valkey">,
  opened: AsyncDisposableStack,
): Promise<WorkflowHostBuilder> {
  let host = builder;
  if (search) {
    const { OpenSearchIndex } = await import("../../../providers/opensearch/mod.ts");
    const { url, index } = search;
    host = host.useSearchIndex(opened.use(OpenSearchIndex.open(url, { index, replicas: 0 })));
  }
  if (valkey !== null) {
    const { ValkeyProvider } = await import("../../../providers/valkey/mod.ts");
    const provider = opened.use(await ValkeyProvider.open(valkey, { required: false }));
    host = host.useQueue(provider.queue).useLock(provider.lock);
  }
  return host;
}
