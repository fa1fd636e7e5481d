import { type EscapeCase, grants, product, vary } from "./escape_case.ts";
import { addressSpellings } from "./spellings.ts";

/** Expressions that reach the server at `host` and `port`. */
const routes: Readonly<Record<string, string>> = {
  "fetch": `await (await fetch("http://" + host + ":" + port)).text()`,
  "fetch by POST": `await fetch("http://" + host + ":" + port, { method: "POST", body: "data" })`,
  "fetch through a proxy":
    `await fetch("http://example.com/", { client: Deno.createHttpClient({ proxy: { url: "http://" + host + ":" + port } }) })`,
  "Deno.connect": `await Deno.connect({ hostname: host.split("@").pop(), port })`,
  "Deno.connectTls": `await Deno.connectTls({ hostname: host.split("@").pop(), port })`,
  "WebSocket": `new WebSocket("ws://" + host + ":" + port)`,
  "node:http": `await new Promise(async (resolve, reject) =>
    (await import("node:http")).get("http://" + host + ":" + port, resolve).on("error", reject))`,
  "node:net": `await new Promise(async (resolve, reject) =>
    (await import("node:net")).connect(port, host.split("@").pop(), resolve).on("error", reject))`,
  "import()": `await import("http://" + host + ":" + port + "/module.js")`,
};

/** Requests to a server that is granted and leads to one that is not. */
const redirects: Readonly<Record<string, string>> = {
  "a redirect": `await (await fetch(open + "/302?" + closed)).text()`,
  "a redirect of a POST": `await fetch(open + "/307?" + closed, { method: "POST", body: "data" })`,
  "a redirect to a redirect": `await fetch(open + "/302?" + open + "/308?" + closed)`,
  "a redirect of an import": `await import(open + "/302?" + closed + "/module.js")`,
};

/** Other ways out of the network that is granted. */
const others: Readonly<Record<string, string>> = {
  "Deno.listen": `Deno.listen({ port: 0 })`,
  "Deno.serve": `Deno.serve({ port: 0 }, () => new Response())`,
  "a server of node:http": `(await import("node:http")).createServer().listen(0)`,
  "Deno.resolveDns": `await Deno.resolveDns("example.com", "A")`,
  "node:dns": `await (await import("node:dns/promises")).resolve4("example.com")`,
  "the metadata of a cloud": `await fetch("http://169.254.169.254/latest/meta-data/")`,
  "the inspector": `(await import("node:inspector")).open(0, "127.0.0.1")`,
  "a session of the inspector": `new (await import("node:inspector")).Session().connect()`,
};

/** Ways to a server that is not granted: `count` for each route, by other spellings and under other grants. */
export function netCases(count: number): EscapeCase[] {
  const ends = ["permission"] as const;
  // No address for what takes no URL.
  const none = addressSpellings["with a dot"];
  return [
    ...vary(routes, product(addressSpellings, grants), count, (route, [host, permissions]) => ({
      name: "connecting by",
      script: ({ closedPort }) => `const host = "${host}", port = ${closedPort}; Wfe.log(${route});`,
      permissions,
      ends: host === none ? [...ends, "threw"] : ends,
    })),
    ...vary(redirects, addressSpellings, count, (route, host) => ({
      name: "connecting by",
      script: ({ openPort, closedPort }) =>
        `const open = "http://127.0.0.1:${openPort}", closed = "http://${host}:${closedPort}"; Wfe.log(${route});`,
      permissions: grants["a host to import from"]!,
      ends: ["permission"],
    })),
    ...vary(others, grants, 1, (route, permissions) => ({
      name: "connecting by",
      script: () => `Wfe.log(${route});`,
      permissions,
      ends,
    })),
  ];
}
