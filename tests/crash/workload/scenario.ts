import type { WorkflowDefinition } from "../../../src/definition/definition.ts";
import type { JsonObject, JsonValue } from "../../../src/definition/json.ts";
import type { WorkflowStatus } from "../../../src/instance/status.ts";
import type { SeededRandom } from "../seeded_random.ts";
import type { Bodies } from "./bodies.ts";
import type { WorkData } from "./work_data.ts";

/** A workflow of the workload, with what drives its runs and what must come of them. */
export interface Scenario {
  /** Id of the workflow. */
  readonly id: string;
  /** The workflow, with the bodies of a process. */
  build(bodies: Bodies): WorkflowDefinition<WorkData>;
  /** One run of it: the same for the same chance. `number` tells the runs of the scenario apart. */
  plan(random: SeededRandom, key: string, number: number): Plan;
}

/** One run to be: all that happens to it from outside, and what must come of it. */
export interface Plan {
  /** First data. */
  readonly data: WorkData;
  /** What is done to it once it is started, in order. */
  readonly commands: readonly Command[];
  /** What must come of it. */
  readonly expected: Expectation;
}

/** Something that is done to a run from outside, some time after what came before. */
export type Command =
  & {
    /** Pauses before it, as a share of the pace's `short`. */
    readonly after: number;
  }
  & (
    | {
      readonly kind: "publish";
      readonly name: string;
      readonly key: string;
      readonly messageId: string;
      readonly data: JsonValue;
    }
    | { readonly kind: "suspend" | "resume" | "cancel" | "terminate" }
    /** Opens the run again once it has ended otherwise than Complete. */
    | { readonly kind: "retry" }
  );

/** A count, or the least and the greatest that it may be. */
export type Count = number | readonly [least: number, most: number];

/** What must come of a run. */
export interface Expectation {
  /**
   * How the run may end, and how often each step, and each undo as `undo ⟨step⟩`, is recorded then. What is not
   * named is never recorded.
   */
  readonly ends: Readonly<Partial<Record<WorkflowStatus, Readonly<Record<string, Count>>>>>;
  /** What the data must hold where the run is Complete. */
  readonly data?: JsonObject;
  /** How many activations of a step may run at the same time. */
  readonly atOnce?: Readonly<Record<string, number>>;
  /** Attempts of a step that fail by script, where a step is tried again. */
  readonly failures?: Readonly<Record<string, number>>;
  /** Steps whose attempts are entered again by their own will, or killed by script, so that attempts tell nothing. */
  readonly reentered?: readonly string[];
}

/** A plan that nothing is done to and that ends as Complete. */
export function simplePlan(data: WorkData, counts: Readonly<Record<string, Count>>): Plan {
  return { data, commands: [], expected: { ends: { Complete: counts } } };
}

/** The same counts, none of them certain: for runs that may end early. */
export function atMost(counts: Readonly<Record<string, number>>): Record<string, Count> {
  return Object.fromEntries(Object.entries(counts).map(([step, most]) => [step, [0, most] as const]));
}
