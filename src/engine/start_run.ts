import { type Attributes, changeAttributes, noAttributes } from "../definition/attributes.ts";
import { canonicalJson, deepFreeze } from "../definition/canonical_json.ts";
import { checkText } from "../definition/check_text.ts";
import { sha256 } from "../definition/hash.ts";
import type { JsonObject, JsonValue } from "../definition/json.ts";
import { checkInput } from "../definition/standard_schema.ts";
import { idRule, isValidId } from "../definition/validate.ts";
import { startInstance } from "../flow/start.ts";
import { IdempotencyConflictError } from "../provider/errors.ts";
import type { Created } from "../provider/persistence.ts";
import type { Engine } from "./engine.ts";
import type { Registration } from "./registry.ts";
import { telemetry } from "./telemetry.ts";

/** Options of {@linkcode WorkflowHost.startWorkflow}. */
export interface StartOptions {
  /**
   * Version of the definition.
   * @default the newest registered
   */
  readonly version?: number;
  /**
   * Id of the run.
   * @default a new one that sorts by age
   */
  readonly runId?: string;
  /** A name of the caller's, to find the run by: 1 to 1,024 bytes in UTF-8. */
  readonly reference?: string;
  /**
   * What the run is found by beside its own fields, by name: texts of at most 1,024 bytes, finite numbers, booleans, or
   * lists of at most 32 texts. At most 32; a name is an identifier. Steps change them by `ctx.setAttributes`.
   */
  readonly attributes?: Attributes;
  /** The same key, of 1 to 1,024 bytes in UTF-8, starts one run only, however often it is used. */
  readonly idempotencyKey?: string;
}

/** Starts a run and returns its id, or that of the run which was started with the same idempotency key. */
export async function startRun(
  engine: Engine,
  definitionId: string,
  data: unknown,
  options: StartOptions,
): Promise<string> {
  const registration = engine.registry.find(definitionId, options.version);
  const runId = options.runId ?? engine.newId();
  if (!isValidId(runId)) {
    throw new TypeError(
      `Cannot start a run: its id must have ${idRule}, received ${JSON.stringify(runId)}`,
    );
  }
  const { reference, idempotencyKey, attributes } = options;
  if (reference !== undefined) checkText("start a run", "reference", reference);
  if (idempotencyKey !== undefined) checkText("start a run", "idempotency key", idempotencyKey);
  if (attributes) changeAttributes(noAttributes, attributes);
  const schema = registration.code.input;
  const checked = schema ? await checkInput(schema, data, "data") : data;
  const input = canonicalJson(checked, "data", engine.payloads.data);
  const frozen = deepFreeze(asObject(JSON.parse(input)));
  let started = runId;
  await engine.middlewares.aroundStart({ definitionId, data: frozen, runId }, async () => {
    const start = (traceparent: string | null): Promise<Created> =>
      create(engine, registration, { runId, input, data: frozen, traceparent }, options);
    const { instance } = telemetry
      ? await telemetry.aroundStart(registration.definition, start)
      : await start(null);
    started = instance.id;
  });
  return started;
}

function asObject(data: JsonValue): JsonObject {
  if (typeof data === "object" && data !== null && !isArray(data)) return data;
  const received = data === null ? "null" : isArray(data) ? "an array" : typeof data;
  throw new TypeError(`Cannot start a run: its data must be an object, received ${received}`);
}

function isArray(data: JsonValue): data is readonly JsonValue[] {
  return Array.isArray(data);
}

interface Input {
  readonly runId: string;
  readonly input: string;
  readonly data: JsonObject;
  readonly traceparent: string | null;
}

async function create(
  engine: Engine,
  registration: Registration,
  { runId, input, data, traceparent }: Input,
  { reference, idempotencyKey, attributes = noAttributes }: StartOptions,
): Promise<Created> {
  const { persistence, registry } = engine;
  const { definition, stored } = registration;
  await registry.save(registration, persistence);
  const inputHash = sha256(input);
  using place = engine.placeForNew();
  const defaults = (registration.code.attributes?.({ id: runId, data }) ?? {}) as Attributes;
  const advance = startInstance(
    {
      id: runId,
      definitionHash: stored.hash,
      data,
      inputHash,
      vars: registration.code.vars,
      reference: reference ?? null,
      attributes: changeAttributes(changeAttributes(noAttributes, defaults), attributes),
      idempotencyKey: idempotencyKey ?? null,
      traceparent,
      owner: place?.owner ?? null,
    },
    registry.programOfRegistered(registration),
    { ...engine.moment(), begin: true },
  );
  const created = await persistence.create(advance.transition).catch((error) => {
    engine.mayBeOrphan(runId);
    throw error;
  });
  const { instance, existed } = created;
  if (existed && (instance.inputHash !== inputHash || instance.definitionId !== definition.id)) {
    throw new IdempotencyConflictError(idempotencyKey!, instance.id);
  }
  engine.ownRuns.add(instance.id);
  // The store may have put events into its mailbox, and knows of its owner better.
  if (!existed) engine.take({ ...advance, state: { ...advance.state, instance } });
  return created;
}
