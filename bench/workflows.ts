import { WorkflowBuilder, type WorkflowDefinition } from "../mod.ts";

/** Ten steps in a row, each of which does nothing and returns `{"v":i}`. */
export function tenSteps(onStep: () => void = () => {}): WorkflowDefinition {
  const step = (number: number) => () => {
    onStep();
    return { v: number };
  };
  let builder = new WorkflowBuilder().startWith(step(1)).name("Step 1");
  for (let number = 2; number <= 10; number++) builder = builder.then(step(number)).name(`Step ${number}`);
  return builder.build("ten-steps", 1) as WorkflowDefinition;
}

/** A loop of one step; what it counts is `data.left`. */
export function loop(onIteration: (left: number) => void): WorkflowDefinition<{ left: number }> {
  return new WorkflowBuilder<{ left: number }>()
    .whileDo((data) => data.left > 0, (body) =>
      body.then((ctx) => {
        onIteration(ctx.data.left);
        ctx.set({ left: ctx.data.left - 1 });
      }).name("Iterate"))
    .name("Loop")
    .build("loop", 1);
}

/** Sleeps for a month. */
export function sleeping(): WorkflowDefinition {
  return new WorkflowBuilder().startWith(() => {}).name("Begin").delay("30d").name("Sleep")
    .build("sleeping", 1) as WorkflowDefinition;
}

/** Waits for an event again and again, and answers each time; `event` reads what came with it. */
export function answering(
  onEvent: (event: () => Promise<unknown>) => void | Promise<void>,
): WorkflowDefinition<{ key: string }> {
  return new WorkflowBuilder<{ key: string }>()
    .whileDo(() => true, (body) =>
      body.waitFor("ping", (data) => data.key).name("Wait")
        .then((ctx) => onEvent(() => ctx.output("Wait"))).name("Answer"))
    .name("Loop")
    .build("answering", 1);
}
