import type { LineMask, Secrets } from "../definition/secrets.ts";
import type { LogStream } from "../definition/step_context.ts";
import type { AttemptParts, Outcome } from "./attempt.ts";
import { maskThrown } from "./mask_thrown.ts";
import { untilAborted } from "./until_aborted.ts";

/**
 * The same attempt of a step whose workflow has secrets: the body begins when they are known, and all that it logs,
 * notes and throws is masked before anybody sees it. What it wants to have kept is refused by its context where it
 * holds one.
 */
export function guardAttempt(parts: AttemptParts, known: () => Promise<Secrets>): AttemptParts {
  const { body, context, over } = parts;
  const streams = new Map<LogStream, LineMask>();
  let secrets: Secrets | undefined;
  const linesOf = (stream: LogStream, secrets: Secrets): LineMask => {
    const lines = streams.get(stream) ?? secrets.maskLines((line) => context.log(stream, line));
    streams.set(stream, lines);
    return lines;
  };
  return {
    ...parts,
    body: async (ctx) => {
      secrets = await untilAborted(known(), ctx.signal);
      return await body(ctx);
    },
    context: {
      ...context,
      secrets: () => secrets,
      log: (stream, line) =>
        secrets ? linesOf(stream, secrets).push(String(line)) : context.log(stream, line),
      note: (text) => context.note(secrets ? secrets.mask(text) : text),
    },
    over: (outcome) => {
      for (const lines of streams.values()) lines.end();
      over(secrets ? masked(outcome, secrets) : outcome);
    },
  };
}

function masked(outcome: Outcome, secrets: Secrets): Outcome {
  if (outcome.kind === "failed") return { ...outcome, thrown: maskThrown(outcome.thrown, secrets) };
  if (outcome.kind !== "success") return outcome;
  return {
    ...outcome,
    // A function of the body's is called in it, which may throw.
    change: (data) => {
      try {
        return outcome.change(data);
      } catch (thrown) {
        throw maskThrown(thrown, secrets);
      }
    },
  };
}
