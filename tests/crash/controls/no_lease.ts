import type { HostInfo } from "../../../src/provider/persistence.ts";
import { layered } from "../evidence/recording_store.ts";
import type { Defect } from "../simulation/simulation.ts";

/** A store that lets any host claim what another one, which is alive, is working on. */
export function noLease(): Defect {
  const hosts = new Map<string, HostInfo>();
  return (store) =>
    layered(store, {
      renewHost(host, ttl) {
        hosts.set(host.incarnation, host);
        return store.renewHost(host, ttl);
      },
      removeHost(incarnation) {
        hosts.delete(incarnation);
        return store.removeHost(incarnation);
      },
      async claim(request) {
        const others = [...hosts.values()].filter(({ incarnation }) => incarnation !== request.incarnation);
        for (const { incarnation } of others) await store.removeHost(incarnation);
        const claimed = await store.claim(request);
        for (const other of others) await store.renewHost(other, 10_000);
        return claimed;
      },
    });
}
