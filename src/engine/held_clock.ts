import type { Persistence } from "../provider/persistence.ts";
import type { Clock } from "./clock.ts";

/** The store, holding a clock that moves by itself while it is asked something; the store itself for other clocks. */
export function holdingClock(persistence: Persistence, clock: Clock): Persistence {
  return clock.hold ? holding(persistence, clock.hold.bind(clock)) : persistence;
}

function holding<Store extends object>(store: Store, hold: () => () => void): Store {
  return new Proxy(store, {
    get(target, name): unknown {
      const member: unknown = Reflect.get(target, name, target);
      // The locks of a store are asked for by themselves.
      if (typeof member === "object" && member !== null) return holding(member, hold);
      if (typeof member !== "function") return member;
      return (...args: unknown[]): unknown => {
        const letGo = hold();
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
