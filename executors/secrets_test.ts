import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import type { SecretSources } from "../src/definition/secrets.ts";
import { SecretReader } from "./secrets.ts";

const read = async (sources: SecretSources) => (await new SecretReader().resolve(sources)).values;

async function withFile(content: string | Uint8Array, use: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ prefix: "wfe-secret-" });
  try {
    await (typeof content === "string" ? Deno.writeTextFile(path, content) : Deno.writeFile(path, content));
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("a secret is read from a variable, a file, or what a program prints", async () => {
  Deno.env.set("WFE_TEST_SECRET", "from the environment");
  try {
    await withFile("from the file\n", async (path) => {
      deepEqual(
        await read({
          A: { env: "WFE_TEST_SECRET" },
          B: { file: path },
          C: { command: ["sh", "-c", 'echo "$0 $1"', "from the", "$program `;"] },
        }),
        { A: "from the environment", B: "from the file", C: "from the $program `;" },
      );
    });
  } finally {
    Deno.env.delete("WFE_TEST_SECRET");
  }
});

Deno.test("of a secret only the last line break is taken away", async () => {
  await withFile("  several\nlines of text \r\n", async (file) => {
    deepEqual(await read({ A: { file } }), { A: "  several\nlines of text " });
  });
  await withFile("two line breaks\n\n", async (file) => {
    deepEqual(await read({ A: { file } }), { A: "two line breaks\n" });
  });
});

Deno.test("a secret of fewer than eight characters is refused, with the reason and a remedy", async () => {
  for (const text of ["", "1234567", "   1234567   ", "short\nlines\n"]) {
    await withFile(text, async (file) => {
      await rejects(read({ PIN: { file } }), {
        name: "SecretError",
        code: "SECRET",
        secret: "PIN",
        retryable: false,
        message:
          'Cannot use the secret "PIN": it has fewer than 8 characters on each of its lines. So short a ' +
          "text cannot be told from others, and would not be masked. Use a longer one",
      });
    });
  }
  await withFile("12345678", async (file) => deepEqual(await read({ PIN: { file } }), { PIN: "12345678" }));
});

Deno.test("a secret that is not there is refused, and the error says what to do", async () => {
  const cases: [SecretSources, RegExp, boolean][] = [
    [{ A: { env: "WFE_TEST_MISSING" } }, /the variable WFE_TEST_MISSING is not set\. Set it/, false],
    [{ A: { file: "/nowhere/key" } }, /there is no file \/nowhere\/key\. Create it/, false],
    [{ A: { file: "/" } }, /the engine cannot read the file \/\. /, false],
    [
      { A: { command: ["sh", "-c", "echo not-to-be-seen; echo nor-this >&2; exit 3"] } },
      /sh ended with exit code 3/,
      true,
    ],
  ];
  for (const [sources, message, retryable] of cases) {
    await rejects(read(sources), (error: Error & { retryable?: boolean; secret?: string }) => {
      match(error.message, message);
      equal(error.retryable, retryable);
      equal(error.secret, "A");
      ok(!Deno.inspect(error).includes("not-to-be-seen"));
      return true;
    });
  }
});

Deno.test("a program that does not end is killed, and may be tried again", async () => {
  const reader = new SecretReader({ commandTimeout: 50 });
  await rejects(reader.resolve({ A: { command: ["sh", "-c", "trap '' TERM; while :; do :; done"] } }), {
    message: 'Cannot use the secret "A": sh has not ended within 50 ms',
    retryable: true,
  });
});

Deno.test("a secret that no process could be given, or that is too large, is refused", async () => {
  await withFile("with a \0 in it", async (file) => {
    await rejects(read({ A: { file } }), /it holds NUL/);
  });
  await withFile(new Uint8Array(16).fill(0xff), async (file) => {
    await rejects(read({ A: { file } }), /it is not UTF-8/);
  });
  await rejects(
    read({ A: { command: ["sh", "-c", "while :; do echo y; done"] } }),
    /it may have 16384 bytes/,
  );
  await withFile("x".repeat(9_000), async (file) => {
    await rejects(
      read({ A: { file }, B: { file } }),
      /the secrets of a workflow may have 16384 characters together/,
    );
  });
});

Deno.test({
  name: "a variable of the loader that Deno does not pass on is named",
  permissions: { env: true, run: ["sh"] },
  async fn() {
    Deno.env.set("LD_LIBRARY_PATH", "/nowhere");
    try {
      await rejects(
        read({ A: { command: ["sh", "-c", "echo 12345678"] } }),
        /Deno may not run sh while .*LD_LIBRARY_PATH.* is set\. Start the engine without it/,
      );
    } finally {
      Deno.env.delete("LD_LIBRARY_PATH");
    }
  },
});

Deno.test({
  name: "without permission for its source a secret is refused, and the error names the flag",
  permissions: { env: false, read: false, run: false },
  async fn() {
    await rejects(
      read({ A: { env: "HOME" } }),
      /Deno may not read the variable HOME\. Allow it with --allow-env=HOME/,
    );
    await rejects(read({ A: { file: "/etc/key" } }), /Allow it with --allow-read=\/etc\/key/);
    await rejects(read({ A: { command: ["sh"] } }), /Deno may not run sh\. Allow it with --allow-run=sh/);
  },
});
