import type { EventIdentity, Instance } from "./instance.ts";
import type { PointerTable } from "./pointer_table.ts";

/** An instance with the pointers that it still needs: all that a host needs to go on. */
export interface InstanceState {
  /** The header. */
  readonly instance: Instance;
  /** The pointers it still needs, by id. */
  readonly pointers: PointerTable;
  /** By {@linkcode cursorKey}: position of the last event taken since the state was read from the store. */
  readonly cursors: ReadonlyMap<string, number>;
}

/** Under which an instance keeps how far it has read the events of a name and key. */
export function cursorKey({ name, key }: EventIdentity): string {
  return JSON.stringify([name, key]);
}
