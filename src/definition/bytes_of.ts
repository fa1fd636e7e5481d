const encoder = new TextEncoder();

/** How long a text is as UTF-8, in bytes. */
export function bytesOf(text: string): number {
  return encoder.encode(text).byteLength;
}
