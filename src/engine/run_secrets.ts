import type { WorkflowDefinition } from "../definition/definition.ts";
import type { SecretResolver, Secrets } from "../definition/secrets.ts";
import { NonRetryableError } from "../definition/errors.ts";

/** The secrets of one run, for as long as this host holds it: in memory only, and found again by whoever takes it up. */
export class RunSecrets {
  readonly #definition: WorkflowDefinition;
  readonly #resolver: SecretResolver | null;
  #known: Promise<Secrets> | null = null;

  constructor(definition: WorkflowDefinition, resolver: SecretResolver | null) {
    this.#definition = definition;
    this.#resolver = resolver;
  }

  /** Finds them, once for all steps. What failed is tried again by the next one. */
  known(): Promise<Secrets> {
    return this.#known ??= this.#resolve().catch((error) => {
      this.#known = null;
      throw error;
    });
  }

  async #resolve(): Promise<Secrets> {
    const { id, secrets = {} } = this.#definition;
    if (this.#resolver) return await this.#resolver.resolve(secrets);
    throw new NonRetryableError(
      `Cannot run a step of workflow "${id}": it names secrets, and this host does not find them. ` +
        "Build it with useSecrets(new SecretReader())",
    );
  }
}
