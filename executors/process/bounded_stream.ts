/** How long a read may find nothing after the tree has gone, before the stream counts as ended. */
const DRAIN = 250;

/** Bytes that are read at a time for who brings no memory of their own. */
const PIECE = 64 * 1024;

/** More than a pipe holds: what comes after this many bytes was written after the tree had gone. */
const PIPE = 1024 * 1024;

/**
 * `source`, ended at the latest soon after `gone`: a process that escaped from the tree may hold the pipe open, and
 * would keep a reader waiting.
 */
export function boundedStream(
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
  gone: Promise<unknown>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = source.getReader({ mode: "byob" });
  let isGone = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let rest = PIPE;
  let reading = false;
  const cancel = () => void reader.cancel().catch(() => {});
  const watch = () => {
    if (isGone && reading) timer = setTimeout(cancel, DRAIN);
  };
  const noteGone = () => {
    isGone = true;
    watch();
  };
  gone.then(noteGone, noteGone);
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: PIECE,
    async pull(controller) {
      const request = controller.byobRequest!;
      const { buffer, byteOffset, byteLength } = request.view!;
      const total = buffer.byteLength;
      reading = true;
      watch();
      const { done, value } = await reader.read(
        new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength),
      );
      reading = false;
      clearTimeout(timer);
      if (done) {
        controller.close();
        // Cancelled, it does not give the memory back.
        return request.respondWithNewView(value ?? new Uint8Array(new ArrayBuffer(total), byteOffset, 0));
      }
      if (isGone && (rest -= value.byteLength) < 0) cancel();
      request.respondWithNewView(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}
