import type { Persistence } from "../provider/persistence.ts";
import type { Clock } from "./clock.ts";

/** The store, holding a clock that moves by itself while it is asked something; the store itself for other clocks. */
export function holdingClock(persistence: Persistence, clock: Clock): Persistence {
  if (!clock.hold) return persistence;
  return new Proxy(persistence, {
    get(target, name): unknown {
      const member = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...args: unknown[]): unknown => {
        const letGo = clock.hold!();
        const result = member.apply(target, args);
        if (!(result instanceof Promise)) {
          letGo();
          return result;
        }
        return result.finally(letGo);
      };
    },
  });
}
