import { equal } from "node:assert/strict";
import { soon } from "../../src/engine/testing_host.ts";
import { BlockingReader } from "./blocking_reader.ts";
import type { BlockingClient } from "./client.ts";
import { Connection } from "./connection.ts";
import { openClient } from "./open_client.ts";
import { testUrl, testValkey } from "./testing_valkey.ts";

testValkey("a wait whose end overtakes it on the way to the server ends all the same", async () => {
  const asked = Promise.withResolvers<void>();
  const overtaken = Promise.withResolvers<void>();
  const connect = async (send: (client: BlockingClient, command: string[]) => Promise<unknown>) => {
    const client = await openClient(testUrl, 5_000);
    return {
      sendCommand: (command: string[]) => send(client, command),
      destroy: () => client.destroy(),
    };
  };
  const connection = new Connection({
    name: "test",
    connect: () =>
      connect((client, command) => client.sendCommand(command).finally(() => overtaken.resolve())),
    connectBlocking: () =>
      connect(async (client, command) => {
        if (command[0] === "BLPOP") {
          asked.resolve();
          await overtaken.promise;
        }
        return await client.sendCommand(command);
      }),
    commandTimeout: 5_000,
  });
  const reader = new BlockingReader(connection);
  const end = new AbortController();
  const reading = reader.read(["BLPOP", `test-${crypto.randomUUID()}`, "60"], 60_000, end.signal);
  await asked.promise;
  end.abort();
  equal(await soon(reading, 20_000).finally(() => reader.close()), null);
  await connection.close();
});
