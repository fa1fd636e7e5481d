import { createHash } from "node:crypto";

/** A script that the server runs in one go. */
export interface Script {
  /** In Lua. */
  readonly text: string;
  /** By which the server knows it once it has run. */
  readonly hash: string;
}

/** A script. */
export function script(text: string): Script {
  return { text, hash: createHash("sha1").update(text).digest("hex") };
}
