import assert from "node:assert/strict";
import { certificates } from "../testing_certificates.ts";
import { freePort } from "../testing_port.ts";
import type { TlsOptions } from "../tls_files.ts";
import { ValkeyProvider } from "./provider.ts";
import { type Server, testServer } from "./testing_server.ts";

const { authority, client, key } = certificates;

/** Has a server show a certificate at a port of its own, and ask for one or not; returns the port. */
async function encrypt(
  server: Server,
  name: "server" | "foreign" | "expired",
  asks: "yes" | "no",
): Promise<number> {
  const port = freePort();
  const files = { "tls-cert-file": certificates[name], "tls-key-file": key, "tls-ca-cert-file": authority };
  const settings = { ...files, "tls-auth-clients": asks, "tls-port": String(port) };
  assert.equal(await server.send("CONFIG", "SET", ...Object.entries(settings).flat()), "OK");
  return port;
}

/** Opens a provider and closes it. It may be away, which is no excuse for its certificates. */
async function open(url: string, tls?: TlsOptions): Promise<void> {
  const provider = await ValkeyProvider.open(url, { required: false, ...tls && { tls } });
  await provider[Symbol.asyncDispose]();
}

testServer("a server is reached by TLS, with an authority of one's own by URL or option", async (server) => {
  const port = await encrypt(server, "server", "no");
  const ca = await Deno.readTextFile(authority);
  await open(`rediss://localhost:${port}`, { ca });
  await using valkey = await ValkeyProvider.open(`rediss://127.0.0.1:${port}/1?ssl_ca_certs=${authority}`);
  // What waits at the server has a connection of its own.
  const hints = valkey.queue.reserve("host", 1, new AbortController().signal);
  await valkey.queue.push(["run"]);
  assert.deepEqual((await hints).map(({ runId }) => runId), ["run"]);
});

testServer(
  "a certificate that is not trusted, on either side, is refused at once, and the error says what it is",
  async (server) => {
    const authorityOf = (port: number) => `rediss://127.0.0.1:${port}?ssl_ca_certs=${authority}`;
    const untrusted = {
      code: "STORE",
      problem: "io",
      message:
        /^Cannot open .+: the server's certificate is not trusted.+; name its authority by ssl_ca_certs/,
    };
    await assert.rejects(open(`rediss://127.0.0.1:${await encrypt(server, "server", "no")}`), untrusted);
    await assert.rejects(open(authorityOf(await encrypt(server, "expired", "no"))), untrusted);
    await assert.rejects(open(authorityOf(await encrypt(server, "foreign", "no"))), {
      problem: "io",
      message: /is one of another host/,
    });
    await assert.rejects(
      ValkeyProvider.open(server.url.replace("redis:", "rediss:"), { connectTimeout: 200 }),
      {
        problem: "io",
        message: /whether it speaks TLS \(rediss:\) there/,
      },
    );
    const port = await encrypt(server, "server", "yes");
    await assert.rejects(open(authorityOf(port)), {
      problem: "denied",
      message: /wants to see one.+; name one by ssl_certfile/,
    });
    await open(`${authorityOf(port)}&ssl_certfile=${client}&ssl_keyfile=${key}`);
  },
);

Deno.test("certificates are refused where the URL asks for no encryption, and a file that is missing is named", async () => {
  await assert.rejects(open("redis://127.0.0.1:1", { ca: "" }), {
    problem: "unsupported",
    message: /write rediss:/,
  });
  await assert.rejects(open(`redis://127.0.0.1:1?ssl_ca_certs=${authority}`), {
    problem: "unsupported",
    message: /write rediss:/,
  });
  await assert.rejects(open("rediss://127.0.0.1:1?ssl_ca_certs=/none/such"), {
    problem: "missing",
    message: /ssl_ca_certs: the file \/none\/such/,
  });
});
