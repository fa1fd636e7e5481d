import type { Socket } from "node:net";

/** Rejects when a socket is closed, be it by an error. */
export function closing(socket: Socket): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  socket.once("close", () => {
    const unsaid = Object.assign(new Error("the connection was closed before it came about"), {
      code: "ECONNRESET",
    });
    reject(socket.errored ?? unsaid);
  });
  // It may be closed later, when nobody waits for that any more.
  promise.catch(() => {});
  return promise;
}
