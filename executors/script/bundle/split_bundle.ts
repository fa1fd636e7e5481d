import { z } from "zod";

const mapSchema = z.object({ sources: z.array(z.string()), mappings: z.string() });

/** A bundle and its source map. */
export interface SplitBundle {
  /** The module, without its source map. */
  readonly text: string;
  /** The files that it was made of, relative to the folder where it was made. */
  readonly sources: readonly string[];
  /** The mappings of its source map. */
  readonly mappings: string;
}

const mark = "\n//# sourceMappingURL=data:application/json;base64,";

/** Takes the source map out of a bundle that has it inline. */
export function splitBundle(output: string): SplitBundle {
  const at = output.lastIndexOf(mark);
  const bytes = Uint8Array.fromBase64(output.slice(at + mark.length).trim());
  const { sources, mappings } = mapSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  return { text: output.slice(0, at + 1), sources, mappings };
}
