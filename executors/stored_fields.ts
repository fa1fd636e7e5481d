import { z } from "zod";

/** A text of a definition. Where an expression stands in its place, the schema is not asked. */
export const textField: z.ZodType<string> = z.string("it must be text, or what compileTemplate() makes");

/** Commands or a script in a definition, with each expression replaced by a name. */
export const codeField: z.ZodType<{ readonly text: string; readonly expressions: Record<string, string> }> = z
  .object({
    text: z.string().min(1),
    expressions: z.record(z.string().regex(/^WFE_EXPR_[1-9]\d*$/), z.string()),
  }, 'it must be { text, expressions }, as in { text: "…", expressions: {} }');
