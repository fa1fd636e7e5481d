import type { Checker } from "./checker.ts";

/** No run is orphaned, none has ended with something open, the numbers agree, and the database is intact. */
export const storeInvariants: Checker = {
  name: "store invariants",
  *check({ storeProblems }) {
    for (const text of storeProblems) yield { text };
  },
};
