import { equal, throws } from "node:assert/strict";
import process from "node:process";
import { withEnvironment } from "./with_environment.ts";

Deno.test("withEnvironment() shows only what is given, and puts the environment back, also after an error", () => {
  const { env } = process;
  equal(
    withEnvironment({ PGHOST: "there" }, () => `${process.env.PGHOST} ${process.env.HOME}`),
    "there undefined",
  );
  throws(
    () =>
      withEnvironment({}, () => {
        throw new RangeError("refused");
      }),
    RangeError,
  );
  equal(process.env, env);
});
