import { deepEqual, rejects, throws } from "node:assert/strict";
import { WorkflowHostBuilder } from "../engine/host_builder.ts";
import { parseWorkflow } from "./mod.ts";

function parse(attributes: string, vars: Record<string, string> = {}): ReturnType<typeof parseWorkflow> {
  const text = `
workflow:
  id: order
  version: 1
  secrets: { KEY: { env: VAR } }
  attributes: ${attributes}
  steps:
    - name: Step
      type: noop
`;
  const noop = { type: "noop", schema: anything };
  return parseWorkflow(text, vars, { types: [noop] });
}

const anything = {
  "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value: value as never }) },
} as const;

Deno.test("a file's attributes are evaluated when a run is started, and what the caller gives comes before them", async () => {
  const definition = parse(
    "{ customer: '${{ data.customer }}', stage: 'on ${{ var.stage }}', total: '${{ data.total }}', tags: [a, '${{ run.id }}'], paid: false, none: '${{ data.none || null }}' }",
    { stage: "test" },
  );
  await using host = new WorkflowHostBuilder().build();
  host.registerWorkflow(definition);
  const data = { customer: "ACME", total: 4.5 };
  const { id } = await host.startWorkflow("order", data, { runId: "r", attributes: { paid: true } });
  deepEqual((await host.getWorkflow(id))!.attributes, {
    customer: "ACME",
    stage: "on test",
    total: 4.5,
    tags: ["a", "r"],
    paid: true,
  });
  await rejects(host.startWorkflow("order", { customer: { id: 1 }, total: 1 }), {
    code: "INVALID_ATTRIBUTES",
  });
});

Deno.test("attributes that no run can have are problems of the file, with their places", () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ["[a]", /6:15: Cannot use "attributes": it must be keys/],
    ["{ a-b: x }", /6:\d+: Cannot set attributes: a name has/],
    ["{ a: { b: c } }", /6:20: Cannot set attributes: "a" must be a text/],
    ["{ a: '${{ secrets.KEY }}' }", /6:\d+: .*KEY/],
    ["{ a: '${{ nothing.x }}' }", /6:\d+: .*nothing/],
  ];
  for (const [attributes, message] of refused) {
    throws(() => parse(attributes), (error: Error) => {
      throws(() => {
        throw new Error(String(error));
      }, message);
      return true;
    });
  }
});
