import { deepEqual, equal, rejects } from "node:assert/strict";
import { z } from "zod";
import { InvalidInputError } from "./errors.ts";
import { checkInput, type StandardSchema } from "./standard_schema.ts";

const order = z.object({ total: z.number(), tags: z.array(z.string()).default([]) });

Deno.test("checkInput() gives the value on as the schema does, with its defaults", async () => {
  deepEqual(await checkInput(order, { total: 3, other: true }, "data"), { total: 3, tags: [] });
});

Deno.test("checkInput() waits for a schema that takes its time", async () => {
  const schema = z.object({ id: z.string().refine(async (id) => await Promise.resolve(id === "known")) });
  deepEqual(await checkInput(schema, { id: "known" }, "data"), { id: "known" });
  await rejects(checkInput(schema, { id: "x" }, "data"), { code: "INVALID_INPUT" });
});

Deno.test("checkInput() lists everything that is wrong, with its place", async () => {
  await rejects(checkInput(order, { total: "3", tags: ["a", 5] }, "data"), (error: InvalidInputError) => {
    deepEqual(error.problems.map((problem) => problem.split(":")[0]), ["data.total", "data.tags[1]"]);
    equal(error.message.startsWith("Cannot use data: it does not fit the input schema: data.total: "), true);
    return error instanceof InvalidInputError;
  });
});

Deno.test("checkInput() takes schemas of any library, and issues without a place", async () => {
  const schema: StandardSchema = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: () => ({
        issues: [{ message: "no" }, { message: "never", path: [{ key: "a" }, { key: 0 }] }],
      }),
    },
  };
  await rejects(checkInput(schema, {}, "data"), { problems: ["data: no", "data.a[0]: never"] });
});
