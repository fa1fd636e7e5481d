import type { History } from "../definition.ts";
import type { ErrorPolicy } from "../error_behavior.ts";
import type { SecretSources } from "../secrets.ts";
import type { StandardSchema } from "../standard_schema.ts";

/** Options of a whole workflow. */
export interface WorkflowOptions<Data = unknown> {
  /** One line for people. */
  readonly description?: string | undefined;
  /**
   * What happens when a step without a policy of its own fails.
   * @default what the host says: code is tried again three times
   */
  readonly onError?: ErrorPolicy | undefined;
  /**
   * How many iterations of each loop are kept.
   * @default { last: 100 }
   */
  readonly history?: History | undefined;
  /**
   * Where secrets come from, by name: steps find their values in `ctx.secrets`, on a host that has
   * {@linkcode WorkflowHostBuilder.useSecrets}.
   * @default none
   */
  readonly secrets?: SecretSources | undefined;
  /**
   * What the data of a new run must fit, of any library that keeps to Standard Schema, such as zod. Checked when a run
   * is started by a program that has this definition.
   * @default anything
   */
  readonly input?: StandardSchema<unknown, Data> | undefined;
}
