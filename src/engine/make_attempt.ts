import type { StepDefinition } from "../definition/definition.ts";
import type { JsonValue } from "../definition/json.ts";
import type { Lock, LockOptions } from "../definition/lock.ts";
import type { StepContext } from "../definition/step_context.ts";
import type { Holding } from "../flow/settle.ts";
import type { Program } from "../flow/program.ts";
import type { Instance, Pointer } from "../instance/instance.ts";
import type { InstanceState } from "../instance/instance_state.ts";
import type { BranchScope } from "../instance/transition.ts";
import type { LogLine } from "../provider/persistence.ts";
import { Attempt, type AttemptParts, type Outcome } from "./attempt.ts";
import { guardAttempt } from "./guard_attempt.ts";
import { LimitedLog } from "./limited_log.ts";
import type { RunnerServices } from "./runner_services.ts";
import type { RunSecrets } from "./run_secrets.ts";
import { takeStepLock } from "./step_lock.ts";
import { telemetry } from "./telemetry.ts";

/** The run that an attempt belongs to, as its runner knows it at any time. */
export interface AttemptPlace {
  /** What all runners of the host share. */
  readonly services: RunnerServices;
  /** The run's definition with its code. */
  readonly program: Program;
  /** The run as submitted. */
  readonly state: () => InstanceState;
  /** The run as acknowledged: what bodies see. */
  readonly written: () => Instance;
  /** Its secrets; null where its definition names none. */
  readonly secrets: RunSecrets | null;
  /** Whether this attempt of an activation still counts. */
  readonly counts: (pointer: Pointer) => boolean;
  /** Records what an attempt holds. */
  readonly hold: (pointer: Pointer, holding: Holding) => Promise<void>;
  /** Takes a lock for an attempt. */
  readonly lock: (
    pointer: Pointer,
    name: string,
    options: LockOptions & { readonly signal: AbortSignal },
  ) => Promise<Lock>;
}

/** Makes the attempt of an activation whose turn has come; `over` is told its outcome. */
export function makeAttempt(
  place: AttemptPlace,
  pointer: Pointer,
  over: (outcome: Outcome) => void,
): Attempt {
  const { program, secrets, services: { registry, middlewares, clock, logs } } = place;
  const { limits } = program;
  const step = program.step(pointer.stepKey);
  const isUndo = pointer.undoes !== null;
  const lock = lockFor(place, pointer, step);
  const log = new LimitedLog(
    (stream, text, matters) => writeLog(place, pointer, { stream, text }, matters),
    limits.log,
  );
  const parts: AttemptParts = {
    body: middlewares.aroundStep(registry.bodyOf(program, pointer.stepKey, isUndo)),
    context: {
      instance: place.written(),
      pointer,
      undone: undoneBy(place, pointer),
      step,
      limits,
      log: (stream, text) => log.write(stream, text),
      room: (signal) => logs.room(signal),
      note: (text) => writeNote(place, pointer, text),
      hold: (held) => place.hold(pointer, { held }),
      lock: (name, options) => place.lock(pointer, name, options),
      output: (stepKey) => outputOf(place, pointer, stepKey),
    },
    ...lock && { lock },
    timeout: isUndo ? step.undo?.timeout : step.timeout,
    clock,
    over: (outcome) => {
      log.finish();
      over(outcome);
    },
  };
  const observed = telemetry ? telemetry.aroundAttempt(parts) : parts;
  // Outermost, so that nobody sees what is not masked.
  return new Attempt(secrets ? guardAttempt(observed, () => secrets.known()) : observed);
}

/** Takes the lock of a step for an attempt; an undo's is the one that its activation had. Null where there is none. */
function lockFor(
  place: AttemptPlace,
  pointer: Pointer,
  { lock }: StepDefinition,
): AttemptParts["lock"] | null {
  if (!lock) return null;
  const { clock } = place.services;
  const taking = { clock, mayBeLeft: pointer.attempt > pointer.failures + 1 };
  const { lockName } = undoneBy(place, pointer) ?? pointer;
  const known = lockName ?? (typeof lock.name === "string" ? lock.name : null);
  if (known !== null) return (ctx) => takeStepLock(ctx, known, taking);
  // What has not come so far as to have a lock has done nothing under it.
  if (pointer.undoes !== null) return null;
  return async (ctx) => takeStepLock(ctx, await computeLockName(place, pointer, ctx), taking);
}

/** The undo has no way to compute it: by then the data have changed. */
async function computeLockName(place: AttemptPlace, pointer: Pointer, ctx: StepContext): Promise<string> {
  const { program, services: { registry } } = place;
  const { item, branch } = pointer;
  const lockName = registry.lockNameOf(program, ctx, { item, index: branch, vars: ctx.vars });
  if (ctx.step.undo) await place.hold(pointer, { lockName });
  return lockName;
}

function undoneBy({ state }: AttemptPlace, { undoes }: Pointer): Pointer | undefined {
  return undoes === null ? undefined : state().pointers.get(undoes);
}

function writeLog(
  { services: { persistence, logs }, state }: AttemptPlace,
  { id: pointerId, attempt }: Pointer,
  line: Pick<LogLine, "stream" | "text">,
  matters: boolean,
): boolean {
  const { id: runId } = state().instance;
  return logs.write({ runId, pointerId, attempt, ...line, at: persistence.now() }, matters);
}

/** What is said after the end of the attempt is nothing to be shown. */
function writeNote(place: AttemptPlace, pointer: Pointer, text: string): void {
  if (!place.counts(pointer)) return;
  const { persistence, notes } = place.services;
  const { id: runId, createdAt, epoch } = place.state().instance;
  const { id: pointerId, attempt, stepKey } = pointer;
  notes.write({ runId, createdAt, epoch, pointerId, attempt, text, at: persistence.now() }, stepKey);
}

/** The last output of a step, as seen from an activation; an undo looks from where its activation was. */
async function outputOf(
  place: AttemptPlace,
  pointer: Pointer,
  stepKey: string,
): Promise<JsonValue | undefined> {
  const { instance, pointers } = place.state();
  const scopes: BranchScope[] = [];
  let inner: Pointer | undefined = undoneBy(place, pointer) ?? pointer;
  while (inner) {
    const { parent, branch }: Pointer = inner;
    scopes.push({ parent, branch });
    inner = parent === null ? undefined : pointers.get(parent);
  }
  const found = await place.services.persistence.lastCompleted(instance.id, stepKey, scopes);
  return found?.output ?? undefined;
}
