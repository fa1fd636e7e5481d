import type { StepContext } from "../definition/step_context.ts";
import type { Persistence } from "../provider/persistence.ts";
import type { WorkflowHost } from "./host.ts";
import { WorkflowHostBuilder } from "./host_builder.ts";

/** A running host that knows these definitions. */
export async function startHost(
  persistence: Persistence,
  ...definitions: Parameters<WorkflowHost["registerWorkflow"]>[0][]
): Promise<WorkflowHost> {
  const host = new WorkflowHostBuilder().usePersistence(persistence).build();
  definitions.forEach((definition) => host.registerWorkflow(definition));
  await host.start();
  return host;
}

/** A step body that ends only when its signal aborts. */
export function untilAborted(ctx: StepContext): Promise<never> {
  return new Promise((_, reject) => ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason)));
}

/** A store one of whose methods is wrapped; `count` numbers its calls from 1. */
export function wrapped(
  store: Persistence,
  method: keyof Persistence & string,
  wrap: (call: () => Promise<unknown>, count: number) => Promise<unknown>,
): Persistence {
  let count = 0;
  return new Proxy(store, {
    get(target, name): unknown {
      const member = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      const bound = member.bind(target);
      return name === method ? (...args: unknown[]) => wrap(() => bound(...args), ++count) : bound;
    },
  });
}
