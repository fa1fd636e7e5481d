import { getCode } from "../definition/code.ts";
import { getStep, type WorkflowDefinition } from "../definition/definition.ts";
import { type StoredDefinition, storeDefinition } from "../definition/hash.ts";
import { deepFreeze } from "../definition/canonical_json.ts";
import type { JsonObject } from "../definition/json.ts";
import type { StepExecutor, StepFunction } from "../definition/step_body.ts";
import type { Instance } from "../instance/instance.ts";
import type { Persistence } from "../provider/persistence.ts";
import { DefinitionConflictError, UnknownWorkflowError } from "./errors.ts";

/** A definition of this program. */
export interface Registration {
  /** As registered. */
  readonly definition: WorkflowDefinition;
  /** As the store keeps it. */
  readonly stored: StoredDefinition;
  /** Step bodies by step key. */
  readonly bodies: ReadonlyMap<string, StepFunction>;
  /** Variables for the runs started here. */
  readonly vars: JsonObject;
}

/** Finds definitions and the code of their steps. */
export class Registry {
  readonly #executors: ReadonlyMap<string, StepExecutor>;
  readonly #registrations = new Map<string, Map<number, Registration>>();
  readonly #byHash = new Map<string, WorkflowDefinition>();
  readonly #saved = new Set<string>();

  constructor(executors: readonly StepExecutor[]) {
    this.#executors = new Map(executors.map((executor) => [executor.type, executor]));
  }

  /** Ids of all definitions registered. */
  get ids(): readonly string[] {
    return [...this.#registrations.keys()];
  }

  /** Adds a definition. The same one again changes nothing. */
  register(definition: WorkflowDefinition): void {
    const stored = storeDefinition(definition);
    const versions = this.#registrations.get(definition.id) ?? new Map<number, Registration>();
    const known = versions.get(definition.version);
    if (known && known.stored.hash !== stored.hash) {
      throw new DefinitionConflictError(definition.id, definition.version);
    }
    versions.set(definition.version, { definition, stored, ...getCode(definition) });
    this.#registrations.set(definition.id, versions);
    this.#byHash.set(stored.hash, definition);
  }

  /** A registered definition: the one of this version, or the newest. */
  find(id: string, version?: number): Registration {
    const versions = this.#registrations.get(id);
    const registration = versions?.get(version ?? Math.max(...versions.keys()));
    if (!registration) throw new UnknownWorkflowError(id, version, this.ids);
    return registration;
  }

  /** Sees to it that the store has a definition before a run refers to it. */
  async save(registration: Registration, persistence: Persistence): Promise<void> {
    const { stored } = registration;
    if (this.#saved.has(stored.hash)) return;
    await persistence.saveDefinition(stored);
    this.#saved.add(stored.hash);
  }

  /** The definition that a run keeps: the registered one of the same content, else the stored one. */
  async definitionOf(
    instance: Instance,
    persistence: Persistence,
  ): Promise<WorkflowDefinition | null> {
    const known = this.#byHash.get(instance.definitionHash);
    if (known) return known;
    const stored = await persistence.getDefinition(instance.definitionHash);
    if (!stored) return null;
    const definition = deepFreeze(JSON.parse(stored.content));
    this.#byHash.set(stored.hash, definition);
    return definition;
  }

  /** The code of a step, or the reason why there is none. */
  bodyOf(
    definition: WorkflowDefinition,
    stepKey: string,
  ): StepFunction | { readonly missing: string } {
    const { id, version } = definition;
    const { type } = getStep(definition, stepKey);
    if (type === "code") {
      const body = this.#registrations.get(id)?.get(version)?.bodies.get(stepKey);
      return body ??
        { missing: `step "${stepKey}" of workflow "${id}" version ${version} has no body in this program` };
    }
    const executor = this.#executors.get(type);
    if (!executor) return { missing: `no executor is set up for step "${stepKey}" of type "${type}"` };
    return (ctx) => executor.run(ctx);
  }
}
