import { closeSync, constants, openSync, writeSync } from "node:fs";

/** Bytes that every system's pipe takes as a whole or, where it is full, not at all. */
const PIECE = 512;

/** Errors of a pipe that is not ready yet, that nobody reads, or that is full. */
const NOT_READY = ["ENOENT", "ENXIO", "EAGAIN"];

/**
 * Writes `input` into the pipe of that name, once there is a file `name.ready`: at once where the pipe can take all of
 * it. Both names are gone before anything is in the pipe. Ends early where `isGone` says that nobody will read.
 */
export async function writePipe(
  name: string,
  input: Uint8Array | string,
  isGone: () => boolean,
): Promise<void> {
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  let done = 0;
  let pipe: number | undefined;
  const write = () => {
    // A pipe that is not opened in this way makes the whole engine wait for a reader.
    pipe ??= openAndUnlink(name);
    for (; done < bytes.length; done += PIECE) writeSync(pipe, bytes.subarray(done, done + PIECE));
  };
  try {
    while (!isGone() && !succeeds(write)) await new Promise((resolve) => setTimeout(resolve, 1));
  } finally {
    if (pipe !== undefined) closeSync(pipe);
  }
}

function openAndUnlink(name: string): number {
  Deno.removeSync(`${name}.ready`);
  const pipe = openSync(name, constants.O_WRONLY | constants.O_NONBLOCK);
  Deno.removeSync(name);
  return pipe;
}

/** Whether `write` has nothing left to do; false where it can go on later. */
function succeeds(write: () => void): boolean {
  try {
    write();
    return true;
  } catch (error) {
    const { code } = error as { readonly code?: string };
    // Nobody reads any more.
    if (code === "EPIPE") return true;
    if (code === undefined || !NOT_READY.includes(code)) throw error;
    return false;
  }
}
