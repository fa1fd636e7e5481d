/** The environment variables that the command reads, each only where reading it is allowed. */
export type EnvName = "TERM" | "WFE_DB" | "WFE_DEBUG" | "WFE_QUEUE" | "WFE_SEARCH";

/** An environment variable; undefined too where it may not be read. Never asks for permission. */
export function readEnv(name: EnvName): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) || undefined : undefined;
}
