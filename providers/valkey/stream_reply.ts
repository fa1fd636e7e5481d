/** An entry of a stream: its id and its fields. */
export type StreamEntry = readonly [id: string, fields: readonly string[]];

/** The entries in the reply to a reading of one stream, however the client shows it. */
export function entriesOf(reply: unknown): readonly StreamEntry[] {
  if (reply === null || reply === undefined) return [];
  if (Array.isArray(reply)) return (reply[0]?.[1] ?? []) as StreamEntry[];
  // By the newer protocol it is a map, by name of the stream.
  const values = reply instanceof Map ? [...reply.values()] : Object.values(reply as object);
  return (values[0] ?? []) as StreamEntry[];
}
