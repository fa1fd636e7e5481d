import type { Fence, Transition } from "../../src/instance/transition.ts";
import { LeaseLostError, LockLostError } from "../../src/provider/errors.ts";
import type { Connection } from "./connection.ts";
import { effect, type Step } from "./write.ts";

const seeFences = effect(`
  INSERT INTO wfe_lock (name, fence) SELECT value ->> 'name', value ->> 'fence' FROM json_each(?2) WHERE true
  ON CONFLICT (name) DO UPDATE SET fence = max(fence, excluded.fence)`);

/** SQL that holds where no lock of the list `fences`, which is JSON, is lost. */
export const noneIsLost = (fences: string): string => `
  NOT EXISTS (
    SELECT 1 FROM json_each(${fences}) AS held CROSS JOIN wfe_lock AS l
    WHERE l.name = held.value ->> 'name' AND l.fence > held.value ->> 'fence')`;

const selectFence = "SELECT fence FROM wfe_lock WHERE name = ?1";

/** These locks have been seen. */
export function see(fences: readonly Fence[]): Step {
  return [seeFences, [JSON.stringify(fences)]];
}

/** Why a transition was refused: a lock of it that is lost, else its epoch or its sequence. */
export function whyRefused(connection: Connection, { instance, epoch, fences }: Transition): Error {
  for (const { name, fence } of fences) {
    const seen = connection.get<{ readonly fence: number }>(selectFence, name)?.fence ?? fence;
    if (seen > fence) return new LockLostError(name, fence, seen);
  }
  return new LeaseLostError(instance.id, epoch);
}
