/** What no negative control leads to: a history that breaks one rule, written by hand, for the checker of that rule. */
import { deepEqual, ok } from "node:assert/strict";
import type { Instance, Pointer } from "../../src/instance/instance.ts";
import { check } from "./checkers/all.ts";
import type { Evidence } from "./evidence/evidence.ts";
import type { Header, HistoryEntry, PointerRow } from "./evidence/history.ts";
import { type Expectation, simplePlan } from "./workload/scenario.ts";
import { workData } from "./workload/work_data.ts";

const first: PointerRow = {
  id: 1,
  stepKey: "A",
  parent: null,
  branch: 0,
  undoes: null,
  status: "Pending",
  order: null,
  attempt: 1,
  failures: 0,
  dueAt: null,
  output: null,
  startedAt: null,
  endedAt: null,
};
const running: PointerRow = { ...first, status: "Running" };
const complete: PointerRow = { ...first, status: "Complete", order: 1, output: {} };

const header: Header = {
  id: "run",
  definitionHash: "hash",
  status: "Runnable",
  attempt: 1,
  epoch: 1,
  owner: "host",
  sequence: 0,
  inboxRead: 0,
  nextPointer: 2,
  crashes: 0,
  reason: null,
};

type Write = readonly [header: Partial<Header>, ...pointers: PointerRow[]];

/** One run with these writes, whose data are of a run that has done nothing. */
function evidenceOf(writes: readonly Write[], expected: Partial<Expectation> = {}): Evidence {
  const history = writes.map(([changed, ...pointers], index): HistoryEntry => ({
    kind: index === 0 ? "create" : "commit",
    writer: "host",
    at: index,
    header: { ...header, ...changed, sequence: index + 1 },
    pointers,
  }));
  const pointers = new Map(history.flatMap(({ pointers }) => pointers.map((row) => [row.id, row])));
  const data = workData("key", 0);
  const plan = simplePlan(data, {});
  return {
    circumstances: { calm: true, folded: false, onlyPoisonKills: true, punctual: true },
    runs: [{
      key: "key",
      plan: { ...plan, expected: { ...plan.expected, ...expected } },
      instance: { ...history.at(-1)!.header, data } as unknown as Instance,
      pointers: [...pointers.values()].map((row) =>
        ({ wait: null, event: null, ...row }) as unknown as Pointer
      ),
      effects: [],
      history,
    }],
    acknowledged: [],
    published: null,
    storeProblems: [],
  };
}

function findersOf(evidence: Evidence): string[] {
  return [...new Set(check(evidence).map(({ checker }) => checker))];
}

const end = { status: "Complete", owner: null } as const;
const undo = (id: number, undoes: number): PointerRow => ({ ...first, id, stepKey: "undo", undoes });

/** By the name of the checker. */
const broken: Readonly<Record<string, Evidence>> = {
  "results are written once": evidenceOf([[{}, running], [{}, complete], [end, {
    ...complete,
    output: { other: 1 },
  }]]),
  "ends are final": evidenceOf([[{}, running], [end, complete], [{}, running]]),
  "joins fire once all has ended": evidenceOf([
    [{}, running, { ...running, id: 2, parent: 1 }],
    [{}, complete],
  ]),
  "what runs has an owner": evidenceOf([[{ owner: null }, running]]),
  "runs keep their definition": evidenceOf([[{}, running], [{ definitionHash: "other" }, complete]]),
  "a suspended run begins nothing": evidenceOf([[{}, first], [{ status: "Suspended" }, {
    ...running,
    attempt: 2,
  }]]),
  "concurrency limits hold": evidenceOf([[{}, running, { ...running, id: 2 }]], { atOnce: { A: 1 } }),
  "undone once, in reverse order": evidenceOf([
    [{}, complete, { ...complete, id: 2, order: 2 }],
    [{}, undo(3, 1)],
    [{}, { ...undo(3, 1), status: "Compensated" }, undo(4, 2)],
  ]),
  "exact counts": evidenceOf([[{}, running], [end, {
    ...complete,
    output: { execution: "run/1#1@host:1" },
  }]]),
};

Deno.test("a history in which all is well is found fault with by nobody", () => {
  deepEqual(findersOf(evidenceOf([[{}, running], [end, complete]])), []);
});

for (const [checker, evidence] of Object.entries(broken)) {
  Deno.test(`"${checker}" finds a history that breaks it`, () => {
    const found = findersOf(evidence);
    ok(found.includes(checker), `found by ${found.join(", ") || "nobody"}`);
  });
}
