/** A JSON value: what workflow data, outputs and configuration are made of. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** A JSON object. `undefined` members are left out when it is written. */
export interface JsonObject {
  /** A member. */
  readonly [key: string]: JsonValue | undefined;
}
