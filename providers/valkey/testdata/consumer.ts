/** Reserves hints, says so, and never acknowledges them. */
import { ValkeyProvider } from "../provider.ts";

const [url, visibility] = Deno.args;
const valkey = await ValkeyProvider.open(url!, { visibility: Number(visibility) });
const entries = await valkey.queue.reserve("doomed", 9, new AbortController().signal);
console.log(entries.map(({ runId }) => runId).join());
setInterval(() => {}, 1_000);
