/** Bytes that are read at a time, as much as a pipe holds. */
const size = 64 * 1024;

/**
 * Hands what a stream of bytes gives to `take`, which must be done with the bytes when it returns: all are read into the
 * same memory. A flood would else leave tens of megabytes that V8 takes its time to collect. Where `take` gives a promise,
 * no more is read before it has settled.
 */
export async function readBytes(
  stream: ReadableStream<Uint8Array>,
  take: (bytes: Uint8Array) => void | Promise<void>,
): Promise<void> {
  const reader = stream.getReader({ mode: "byob" });
  let buffer = new ArrayBuffer(size);
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(buffer));
    if (done) return;
    await take(value);
    buffer = value.buffer;
  }
}
