import assert from "node:assert/strict";
import { certificates } from "../testing_certificates.ts";
import { type EncryptionParameters, readEncryption } from "./encryption.ts";

const { authority, client, key } = certificates;

Deno.test("a URL says whether connections are encrypted, and what is checked, as it does for libpq", async () => {
  const said: readonly (readonly [EncryptionParameters, checks: string | null, isOptional?: boolean])[] = [
    [{}, null],
    [{ sslmode: "disable", sslrootcert: authority }, null],
    [{ sslmode: "prefer" }, "nothing", true],
    [{ sslmode: "require" }, "nothing"],
    [{ ssl: "require" }, "nothing"],
    [{ sslmode: "require", sslrootcert: authority }, "authority"],
    [{ sslmode: "verify-ca" }, "authority"],
    [{ sslmode: "verify-full", sslrootcert: "system" }, "host"],
    [{ sslrootcert: authority }, "host"],
  ];
  for (const [parameters, checks, isOptional = false] of said) {
    const encryption = await readEncryption(parameters, "test");
    assert.deepEqual(
      encryption && [encryption.checks, encryption.isOptional],
      checks && [checks, isOptional],
      JSON.stringify(parameters),
    );
  }
});

Deno.test("what cannot be meant, or read, is refused with the remedy", async () => {
  const refused: readonly (readonly [EncryptionParameters, problem: string, words: RegExp])[] = [
    [{ sslmode: "no-verify" }, "unsupported", /must be disable, prefer, .+, received "no-verify"/],
    [{ sslmode: "prefer", sslrootcert: authority }, "unsupported", /write sslmode=verify-full/],
    [{ sslmode: "require", sslrootcert: "system" }, "unsupported", /write sslmode=verify-full/],
    [{ sslrootcert: "/none/such" }, "missing", /sslrootcert: the file \/none\/such cannot be read/],
    [{ sslrootcert: key }, "unsupported", /must hold a certificate in PEM/],
    [{ sslmode: "require", sslcert: client }, "unsupported", /sslcert and sslkey need each other/],
  ];
  for (const [parameters, problem, words] of refused) {
    await assert.rejects(readEncryption(parameters, "test"), { code: "STORE", problem, message: words });
  }
});

Deno.test({
  name: "without the permission to read a certificate, the error names the flag",
  permissions: { read: false },
  fn: async () => {
    await assert.rejects(readEncryption({ sslrootcert: "root.pem" }, "test"), {
      problem: "denied",
      message: /--allow-read=root\.pem/,
    });
  },
});

Deno.test("what the URL leaves out is read from the environment", async () => {
  const environment = { PGSSLMODE: "verify-ca", PGSSLROOTCERT: authority };
  try {
    for (const [name, value] of Object.entries(environment)) Deno.env.set(name, value);
    assert.equal((await readEncryption({}, "test"))?.checks, "authority");
    assert.equal(await readEncryption({ sslmode: "disable" }, "test"), null);
    assert.equal(await readEncryption({ ssl: "false" }, "test"), null);
  } finally {
    for (const name of Object.keys(environment)) Deno.env.delete(name);
  }
});
