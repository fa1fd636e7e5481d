/**
 * A branch for each item: all at once, some at once, or one after the other. The results come in the order of the items.
 *
 *     deno run examples/06_for_each.ts
 *
 * It needs no permission: runs are kept in memory.
 *
 * @module
 */
import { WorkflowBuilder, WorkflowHostBuilder } from "@wfe/engine";

interface Album {
  readonly photos: readonly string[];
  readonly sizes?: readonly number[];
  readonly total: number;
}

let running = 0;
let most = 0;

const definition = new WorkflowBuilder<Album>()
  .forEach(({ photos }) => photos, (each) =>
    each
      .then(async ({ item }) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 10));
        running--;
        return String(item).length;
      }).name("Shrink"), { concurrency: 2 })
  .name("Photos").output((sizes) => ({ sizes: sizes as number[] }))
  .forEach(
    ({ sizes = [] }) => sizes,
    // A reducer gets the newest value: branches that run at the same time can sum.
    (each) => each.then((ctx) => ctx.update("total", (total) => total + Number(ctx.item))).name("Add"),
    { results: false },
  ).name("Sum")
  .forEach(
    ({ photos }) => photos,
    (each) => each.then(({ item }) => console.log(`upload ${item}`)).name("Upload"),
    {
      sequential: true,
    },
  ).name("Uploads")
  .build("album", 1);

await using host = new WorkflowHostBuilder().build();
host.registerWorkflow(definition);
await host.start();

const run = await host.startWorkflow<Album>(definition.id, { photos: ["sea", "beach", "house"], total: 0 });
const { sizes, total } = await run.result();
console.log(`sizes ${sizes}, total ${total}, at most ${most} at once`);
