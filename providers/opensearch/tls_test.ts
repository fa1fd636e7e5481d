import assert from "node:assert/strict";
import { certificates } from "../testing_certificates.ts";
import { OpenSearchIndex } from "./search.ts";
import { FaultyServer } from "./testing_faults.ts";
import { newIndex, testOpenSearch } from "./testing_opensearch.ts";

/** Stands before the server of the tests, and encrypts. */
function encrypted(name: "server" | "foreign" | "expired"): FaultyServer {
  const [cert, key] = [certificates[name], certificates.key].map((file) => Deno.readTextFileSync(file));
  return new FaultyServer({ cert: cert!, key: key! });
}

/** Searches by a program of its own, whose environment names the authority. */
async function search(url: string): Promise<string> {
  const program = `
    import { OpenSearchIndex } from "${import.meta.resolve("./mod.ts")}";
    await using index = OpenSearchIndex.open("${url}?index=${newIndex()}");
    console.log(await index.search("x").then(({ total }) => total, (error) => error.message));`;
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const args = ["run", "--no-prompt", "--allow-net=127.0.0.1", `--config=${config}`];
  const { stdout } = await new Deno.Command("deno", {
    args: [...args, `data:application/typescript,${encodeURIComponent(program)}`],
    env: { NO_COLOR: "1", DENO_CERT: certificates.authority },
  }).output();
  return new TextDecoder().decode(stdout);
}

testOpenSearch(
  "a server is reached by TLS, by an authority that Deno is told, and as the URL's user",
  async () => {
    await using server = encrypted("server");
    const authorizations = new Set<string | null>();
    server.fault = ({ headers }) => {
      authorizations.add(headers.get("authorization"));
      return null;
    };
    const url = server.url.replace("//", "//wfe:p%40ss@");
    assert.equal(await search(url), "0\n");
    assert.deepEqual([...authorizations], [`Basic ${btoa("wfe:p@ss")}`]);
  },
);

testOpenSearch("a certificate that is not trusted is told as that, with the remedy", async () => {
  using client = Deno.createHttpClient({ caCerts: [await Deno.readTextFile(certificates.authority)] });
  const knowing: typeof fetch = (input, init) => fetch(input, { ...init, client });
  const refusals = [
    ["server", fetch, /UnknownIssuer/],
    ["foreign", knowing, /not valid for name/],
    ["expired", knowing, /certificate expired/],
  ] as const;
  for (const [name, fetch, why] of refusals) {
    await using server = encrypted(name);
    await using index = OpenSearchIndex.open(server.url, { fetch });
    await assert.rejects(index.search("x"), (error: Error) => {
      assert.match(
        error.message,
        /^Cannot search: the certificate of https:\/\/127\.0\.0\.1:\d+ is not trusted: .+; .+--cert/,
      );
      assert.match(error.message, why);
      return true;
    });
  }
});
