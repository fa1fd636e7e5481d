import type { Persistence } from "../provider/persistence.ts";

/** The methods that change what is stored at moments which do not depend on the time that passes. */
const writes = [
  "saveDefinition",
  "create",
  "claim",
  "commit",
  "change",
  "send",
  "publish",
  "fanOut",
  "forgetEvents",
  "unpark",
  "removeHost",
  "purge",
  "openSink",
  "closeSink",
  "closeIdleSinks",
  "clearOutbox",
  "clearDirty",
] as const satisfies readonly (keyof Persistence)[];

/**
 * Wraps a provider so that `reach` hears of every moment just before and just after a write, by a name such as
 * `commit 3 after`. A crash test ends the process there. Heartbeats, leases of sinks, log lines and progress notes are
 * left out: when they are written depends on the time that passes.
 *
 * @param reach called with the name of the point; the write, or its acknowledgement, waits for what it returns
 *
 * @example
 * ```ts
 * import { MemoryPersistence } from "@wfe/engine";
 * import { withCrashPoints } from "@wfe/engine/testing";
 *
 * const points: string[] = [];
 * const store = withCrashPoints(new MemoryPersistence(), (point) => void points.push(point));
 * ```
 */
export function withCrashPoints(
  persistence: Persistence,
  reach: (point: string) => void | Promise<void>,
): Persistence {
  const counts = new Map<string, number>();
  return new Proxy(persistence, {
    get(target, name): unknown {
      const member = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      const method = member.bind(target);
      if (!writes.some((write) => write === name)) return method;
      return async (...args: unknown[]): Promise<unknown> => {
        const count = (counts.get(String(name)) ?? 0) + 1;
        counts.set(String(name), count);
        await reach(`${String(name)} ${count} before`);
        const result = await method(...args);
        await reach(`${String(name)} ${count} after`);
        return result;
      };
    },
  });
}
