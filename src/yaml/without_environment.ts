import process from "node:process";

/**
 * Does something synchronous while `process.env` is empty. The YAML library looks there for its debugging switches at
 * every token, which would take permission to read the environment.
 */
export function withoutEnvironment<Result>(action: () => Result): Result {
  const { env } = process;
  process.env = {};
  try {
    return action();
  } finally {
    process.env = env;
  }
}
