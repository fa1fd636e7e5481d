/** Below what systems give to whoever asks for any port, and so far that the bus of a cluster's node is below it too. */
const [first, last] = [10_000, 22_000];

/** A port of this machine that nobody listens at, nor is given by the system before somebody does. */
export function freePort(): number {
  for (;;) {
    const port = first + Math.floor(Math.random() * (last - first));
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
