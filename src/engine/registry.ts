import { deepFreeze } from "../definition/canonical_json.ts";
import { checkText } from "../definition/check_text.ts";
import { configProblems } from "../definition/check_config.ts";
import { type DefinitionCode, getCode, type Scope } from "../definition/code.ts";
import type { WorkflowDefinition } from "../definition/definition.ts";
import { InvalidDefinitionError } from "../definition/errors.ts";
import { type StoredDefinition, storeDefinition, wiringRules } from "../definition/hash.ts";
import type { PayloadLimits } from "../definition/payload_limits.ts";
import { type StepExecutor, type StepFunction, toExecutionResult } from "../definition/step_body.ts";
import type { StepContext } from "../definition/step_context.ts";
import { isTemplate } from "../definition/template.ts";
import { validateDefinition } from "../definition/validate.ts";
import { makeProgram, type Program } from "../flow/program.ts";
import type { Instance } from "../instance/instance.ts";
import type { DefinitionContent, Persistence } from "../provider/persistence.ts";
import { DefinitionConflictError, RevisionRefusedError, UnknownWorkflowError } from "./errors.ts";

/** What happens when a definition's content differs from what the store has under the same id and version. */
export type Versions = "revise" | "strict";

/** Why there is no program for a run. */
export interface MissingProgram {
  /** In words. */
  readonly reason: string;
}

/** A definition of this program. */
export interface Registration {
  /** As registered. */
  readonly definition: WorkflowDefinition;
  /** As the store keeps it. */
  readonly stored: StoredDefinition;
  /** What belongs to it in this program only. */
  readonly code: DefinitionCode;
}

/** Finds definitions and the code of their steps. */
export class Registry {
  readonly #executors: Map<string, StepExecutor>;
  readonly #versions: Versions;
  readonly #limits: PayloadLimits;
  readonly #registrations = new Map<string, Map<number, Registration>>();
  readonly #programs = new Map<string, Program>();
  readonly #saved = new Map<string, Promise<void>>();
  readonly #lacking = new Set<string>();
  /** Definitions that the executors have not been told of. */
  #untold: WorkflowDefinition[] = [];

  constructor(executors: readonly StepExecutor[], versions: Versions, limits: PayloadLimits) {
    this.#executors = new Map(executors.map((executor) => [executor.type, executor]));
    this.#versions = versions;
    this.#limits = limits;
  }

  /** Ids of all definitions registered. */
  get ids(): readonly string[] {
    return [...this.#registrations.keys()];
  }

  /** Hashes of the definitions for which this program has been found to lack code. */
  get lacking(): readonly string[] {
    return [...this.#lacking];
  }

  /** Adds a definition. The same one again changes nothing. */
  register(definition: WorkflowDefinition): void {
    validateDefinition(definition);
    checkConfigs(definition, this.#executors);
    const stored = storeDefinition(definition);
    const versions = this.#registrations.get(definition.id) ?? new Map<number, Registration>();
    const known = versions.get(definition.version);
    if (known && known.stored.hash !== stored.hash) {
      throw new DefinitionConflictError(definition.id, definition.version);
    }
    if (!known) this.#untold.push(definition);
    versions.set(definition.version, { definition, stored, code: getCode(definition) });
    this.#registrations.set(definition.id, versions);
    this.#forget(definition.id);
  }

  /** Adds the code for steps of one more type. */
  registerStep(type: string, body: StepFunction): void {
    this.registerExecutor({ type, run: async (ctx) => toExecutionResult(await body(ctx)) });
  }

  /** Adds what runs the steps of one more type, where the definitions that are here fit it. */
  registerExecutor(executor: StepExecutor): void {
    const executors = new Map([[executor.type, executor]]);
    for (const versions of this.#registrations.values()) {
      for (const { definition } of versions.values()) checkConfigs(definition, executors);
    }
    this.#executors.set(executor.type, executor);
    this.#untold = [...this.#registrations.values()].flatMap((versions) =>
      [...versions.values()].map(({ definition }) => definition)
    );
    this.#lacking.clear();
  }

  /** Tells the executors of steps that they may have to run, of each definition once. */
  prepare(): void {
    const steps = Map.groupBy(this.#untold.flatMap((definition) => definition.steps), ({ type }) => type);
    this.#untold = [];
    for (const [type, ofType] of steps) this.#executors.get(type)?.prepare?.(ofType);
  }

  /** Lets the executors let go of what they have prepared. */
  async dispose(): Promise<void> {
    await Promise.all([...this.#executors.values()].map((executor) => executor[Symbol.asyncDispose]?.()));
  }

  /** A registered definition: the one of this version, or the newest. */
  find(id: string, version?: number): Registration {
    const versions = this.#registrations.get(id);
    const registration = versions?.get(version ?? Math.max(...versions.keys()));
    if (!registration) throw new UnknownWorkflowError(id, version, this.ids);
    return registration;
  }

  /**
   * Sees to it that the store has a definition before a run refers to it. One whose content differs from what the
   * store has of its id and version becomes its newest revision, with a warning.
   *
   * @throws {RevisionRefusedError} where that is refused
   */
  save({ stored }: Registration, persistence: Persistence): Promise<void> {
    const { hash } = stored;
    const saved = this.#saved.get(hash) ?? this.#save(stored, persistence);
    this.#saved.set(hash, saved);
    saved.catch(() => this.#saved.delete(hash));
    return saved;
  }

  async #save(stored: StoredDefinition, persistence: Persistence): Promise<void> {
    const { id, version, hash } = stored;
    const [newest] = await persistence.getRevisions(id, version);
    if (newest && newest.hash !== hash) {
      if (this.#versions === "strict") throw new RevisionRefusedError(id, version);
      console.warn(
        `Workflow "${id}" version ${version} has changed: new runs take the new content, those under way keep theirs. ` +
          `Raise the version to tell them apart`,
      );
    }
    await persistence.saveDefinition(stored);
  }

  /** The program of a definition that is registered. */
  programOfRegistered({ stored, definition }: Registration): Program {
    return this.#programs.get(stored.hash) ?? this.#keep(stored.hash, definition);
  }

  /** The program of a run where it needs no look at the store. */
  knownProgram({ definitionId, version, definitionHash }: DefinitionContent): Program | null {
    const known = this.#programs.get(definitionHash);
    if (known) return known;
    const registration = this.#registrations.get(definitionId)?.get(version);
    if (registration?.stored.hash !== definitionHash) return null;
    return this.programOfRegistered(registration);
  }

  /** The program of a run: the definition it keeps with the code registered here, or why there is none. */
  async programOf(
    content: DefinitionContent,
    persistence: Persistence,
  ): Promise<Program | MissingProgram> {
    const known = this.knownProgram(content);
    if (known) return known;
    const stored = await persistence.getDefinition(content.definitionHash);
    if (!stored) return { reason: `its definition ${content.definitionHash} is not stored` };
    if (stored.rules !== wiringRules) {
      return {
        reason:
          `its definition follows wiring rules ${stored.rules}, this version of the engine knows ${wiringRules}`,
      };
    }
    return this.#keep(stored.hash, deepFreeze(JSON.parse(stored.content)));
  }

  /**
   * Code was missing when a run was to be gone on with. Where its whole definition is not to be found here, its other
   * runs are left to hosts that have it; where single steps lack code, the others are run as far as it goes.
   */
  noteLacking({ definitionId, version, definitionHash }: DefinitionContent): void {
    const isReadable = this.#programs.has(definitionHash);
    if (!isReadable || !this.#registrations.get(definitionId)?.has(version)) {
      this.#lacking.add(definitionHash);
    }
  }

  /**
   * Whether parked runs of a definition may go on here: its code is registered. Where that is not new, and so has been
   * tried already, each step has to have its code.
   */
  async canTakeUp(content: DefinitionContent, persistence: Persistence, isNew: boolean): Promise<boolean> {
    const { definitionId, version } = content;
    const program = await this.programOf(content, persistence);
    if ("reason" in program) return false;
    return program.isComplete() || isNew && this.#registrations.get(definitionId)?.has(version) === true;
  }

  /** Something was asked of a run of this definition: it is looked at again. */
  lookAgain(hash: string): void {
    this.#lacking.delete(hash);
  }

  /** The body of a step, or of its undo. */
  bodyOf(program: Program, stepKey: string, undo: boolean): StepFunction {
    const { type } = program.step(stepKey);
    const code = program.code(stepKey);
    if (undo) return code.undo!;
    if (type === "code") return code.body!;
    const executor = this.#executors.get(type)!;
    return (ctx) => executor.run(ctx);
  }

  /**
   * What the lock of a step is called, as an attempt sees it, where that is not in its definition.
   *
   * @throws {InvalidTextError} where that is no name
   */
  lockNameOf(program: Program, ctx: StepContext, scope: Scope): string {
    const { key, type, lock } = ctx.step;
    const name = isTemplate(lock?.name)
      ? this.#executors.get(type)!.renderText!(lock.name, ctx)
      : program.code(key).lock!(ctx.data, scope) as string;
    checkText("take a lock", "name", name);
    return name;
  }

  #keep(hash: string, definition: WorkflowDefinition): Program {
    const { id, version } = definition;
    // A run of an earlier revision finds its code by step key among what is registered now.
    const code = this.#registrations.get(id)?.get(version)?.code;
    const hasExecutor = (type: string): boolean => this.#executors.has(type);
    const program = makeProgram(definition, code?.steps ?? new Map(), hasExecutor, this.#limits);
    this.#programs.set(hash, program);
    return program;
  }

  /** New code may be there for what is in the store. */
  #forget(definitionId: string): void {
    for (const [hash, { definition }] of this.#programs) {
      if (definition.id === definitionId) this.#programs.delete(hash);
    }
    this.#lacking.clear();
  }
}

/** A program of a definition that cannot be read: enough to end a run as it stands. */
export function unreadableProgram({ definitionId: id, version }: Instance): Program {
  const known = makeProgram({ id, version, steps: [] }, new Map());
  return { ...known, step: (key) => ({ key, type: "code" }) };
}

/** @throws {InvalidDefinitionError} when a step does not fit its executor: the schema of its config, or expressions */
function checkConfigs(definition: WorkflowDefinition, executors: ReadonlyMap<string, StepExecutor>): void {
  const problems = definition.steps.flatMap(({ key, type, lock, config = {} }) => {
    const executor = executors.get(type);
    if (!executor) return [];
    const { schema } = executor;
    const lacksText = isTemplate(lock?.name) && !executor.renderText
      ? [`the lock of step "${key}" has expressions, which its executor does not know: it needs renderText()`]
      : [];
    return [...lacksText, ...schema ? configProblems(schema, config, key) : []];
  });
  if (problems.length > 0) throw new InvalidDefinitionError(definition.id, problems);
}
