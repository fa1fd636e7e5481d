import { createClient } from "@redis/client";
import type { BlockingClient } from "./client.ts";
import type { TlsOptions } from "../tls_files.ts";
import { tryEncryption } from "./try_encryption.ts";
import { within } from "./within.ts";

/**
 * Makes a client and connects it. It makes no connection anew, and keeps no commands back for one: the provider pauses
 * between its own tries.
 */
export async function openClient(
  url: string,
  connectTimeout: number,
  tls: TlsOptions | null = null,
): Promise<BlockingClient> {
  if (tls) {
    const { hostname, port } = new URL(url);
    const host = hostname.replace(/^\[(.*)\]$/, "$1");
    await tryEncryption({ ...tls, host, port: Number(port) }, connectTimeout);
  }
  const client = createClient({
    url,
    RESP: 2,
    disableOfflineQueue: true,
    // It would read the environment.
    maintNotifications: "disabled",
    socket: { connectTimeout, reconnectStrategy: false, ...tls && { ...tls, tls: true } },
  });
  // Whoever waits for a reply hears of it; without a listener the program would end.
  client.on("error", () => {});
  const connection = {
    sendCommand: (command: string[]) => client.sendCommand(command),
    destroy: () => {
      if (client.isOpen) client.destroy();
    },
  };
  try {
    await within(client.connect(), connectTimeout);
    return connection;
  } catch (error) {
    connection.destroy();
    throw error;
  }
}
