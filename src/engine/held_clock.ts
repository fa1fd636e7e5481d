import type { Clock } from "./clock.ts";

/** A store, holding a clock that moves by itself while it is asked something; the store itself for other clocks. */
export function holdingClock<Store extends object>(store: Store, clock: Clock): Store {
  return clock.hold ? holding(store, clock.hold.bind(clock)) : store;
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
