/**
 * An engine in a process of its own, for scripts to attack. Each line of standard input asks for one step, each line
 * of standard output answers one; several may be under way.
 *
 * @module
 */
import { ScriptExecutor } from "../../executors/script.ts";
import type { JsonObject } from "../../src/definition/json.ts";
import { fakeStepContext } from "../fake_step_context.ts";
import type { EngineAnswer, EngineRequest } from "./engine.ts";

/** Characters of what a script prints that are kept. */
const keptText = 64 * 1024;

/** Milliseconds that any script has. */
const patience = 20_000;

declare function gc(): void;

const executor = new ScriptExecutor();

async function answer({ id, script, timeout, permissions, memory }: EngineRequest): Promise<EngineAnswer> {
  if (script === undefined) {
    gc();
    return { id, given: "", rss: Deno.memoryUsage().rss };
  }
  const config: JsonObject = {
    script: { text: script, expressions: {} },
    ...(permissions && { permissions: { ...permissions } }),
    ...(memory && { memory }),
  };
  const abort = new AbortController();
  const late = setTimeout(() => abort.abort(new Error(`it did not end within ${patience} ms`)), patience);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = () => abort.abort(new DOMException("the time is up", "TimeoutError"));
  let printed = "";
  const { ctx, set, held } = fakeStepContext("deno", config, {
    signal: abort.signal,
    onLine: (_, line) => {
      if (timeout !== undefined) timer ??= setTimeout(end, timeout);
      if (printed.length < keptText) printed += `${line}\n`;
    },
  });
  const error = await executor.run(ctx).then(() => undefined, (thrown) => thrown);
  clearTimeout(timer);
  clearTimeout(late);
  const { token } = (held[0] ?? {}) as { readonly token?: string };
  return {
    id,
    given: JSON.stringify(set) + printed,
    rss: Deno.memoryUsage().rss,
    ...(token === undefined ? {} : { token }),
    ...(error && { error: { name: error.name, reason: error.reason, message: error.message } }),
  };
}

let rest = "";
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\n");
  rest = lines.pop()!;
  for (const line of lines) answer(JSON.parse(line)).then((ended) => console.log(JSON.stringify(ended)));
}
