import { once } from "node:events";
import { connect, type ConnectionOptions } from "node:tls";
import { closing } from "../closing.ts";
import { UnansweredError } from "./errors.ts";

/**
 * Rejects where a server and this program do not come to terms about certificates. The driver listens to no error while it
 * has just connected, and that is when a server refuses the certificate of a client: it would end the program.
 */
export async function tryEncryption(options: ConnectionOptions, timeout: number): Promise<void> {
  const socket = connect(options);
  // Who waits for it to be closed hears of it.
  socket.on("error", () => {});
  const timer = setTimeout(() => socket.destroy(new UnansweredError(timeout)), timeout);
  try {
    const answer = once(socket, "data");
    socket.write("PING\r\n");
    await Promise.race([answer, closing(socket)]);
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}
