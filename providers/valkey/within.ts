import { UnansweredError } from "./errors.ts";

/** What a promise resolves with. @throws {UnansweredError} when it takes longer than that */
export async function within<Result>(promise: Promise<Result>, milliseconds: number): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new UnansweredError(milliseconds)), milliseconds);
  // What is given up may fail later, when nobody listens any more.
  promise.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
