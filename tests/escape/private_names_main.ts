/**
 * Lets scripts reach hosts that they are granted by name, where a name server of this program says where the names lead: to
 * a server of its own. Prints for each name how many visits that server has had by then, and how the script ended.
 *
 * @module
 */
import { createSocket } from "node:dgram";
import { runScript } from "../run_script.ts";

/** Names, and the addresses of IPv6 that they lead to. */
const names: Readonly<Record<string, readonly number[]>> = {
  "mapped.test": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 127, 0, 0, 1],
  "local.test": [253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9],
};

/** Answers a query for the one record of a name, or with none. */
function reply(query: Uint8Array): Uint8Array {
  let end = 12;
  const labels: string[] = [];
  for (let length; (length = query[end]!) > 0; end += length + 1) {
    labels.push(new TextDecoder().decode(query.subarray(end + 1, end + 1 + length)));
  }
  const isAaaa = query[end + 2] === 28;
  const address = isAaaa ? names[labels.join(".")] : undefined;
  const record = address ? [0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 1, 0, 16, ...address] : [];
  const head = [query[0]!, query[1]!, 0x81, 0x80, 0, 1, 0, address ? 1 : 0, 0, 0, 0, 0];
  return new Uint8Array([...head, ...query.subarray(12, end + 5), ...record]);
}

let visits = 0;
const nameServer = createSocket("udp4", (query, { port, address }) => {
  nameServer.send(reply(query), port, address);
});
await new Promise<void>((resolve) => nameServer.bind(53, "127.0.0.1", resolve));
await using server = Deno.serve(
  { hostname: "::", port: 0, onListen: () => {} },
  () => new Response(`visit ${++visits}`),
);
const ends: Record<string, string> = {};
for (const name of Object.keys(names)) {
  const fetching = `await fetch("http://${name}:${server.addr.port}/")`;
  // By this the engine itself gets there: else nothing would be shown.
  await (await fetch(`http://${name}:${server.addr.port}/`)).text();
  const { error } = await runScript(fetching, { permissions: { net: [name] } });
  ends[name] = `${visits} ${(error as Error | undefined)?.message}`;
}
console.log(JSON.stringify(ends));
nameServer.close();
