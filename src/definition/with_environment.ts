import process from "node:process";

/**
 * Does something synchronous while `process.env` is what is given. Libraries look there for switches and defaults, which
 * would take permission to read the environment.
 */
export function withEnvironment<Result>(environment: Record<string, string>, action: () => Result): Result {
  const { env } = process;
  process.env = environment;
  try {
    return action();
  } finally {
    process.env = env;
  }
}
