import { main } from "./mod.ts";

Deno.exit(await main(Deno.args));
