import type { Connection } from "./connection.ts";
import type { Kept, Writing } from "./transitions.ts";

interface HeadRow {
  readonly id: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly created_at: number;
  readonly owner: string | null;
  readonly next_wake: number | null;
  readonly inbox_seq: number;
}

/** The lock waits for a writer that is not done yet, whose client heard no more of it. */
const selectHeads = `
  SELECT row_to_json(i)::text AS r FROM @wfe_instance AS i
  WHERE i.id = ANY (ARRAY(SELECT json_array_elements_text($1::text::json))) ORDER BY i.id FOR SHARE`;

/**
 * Of writings whose acknowledgement was lost, those that are in the store. Under an epoch only its owner writes, and in
 * the order of the numbers: where the run has this epoch and has come to this number, it was this transition that brought
 * it there.
 */
export async function findWritten<W extends Writing>(
  connection: Connection,
  writings: readonly W[],
): Promise<Map<W, Kept>> {
  const ids = [...new Set(writings.map(({ transition }) => transition.instance.id))];
  const rows = await connection.all<HeadRow>("read what was written", selectHeads, JSON.stringify(ids));
  const heads = new Map(rows.map((row) => [row.id, row]));
  const written = new Map<W, Kept>();
  for (const writing of writings) {
    const { instance, sequence } = writing.transition;
    const head = heads.get(instance.id);
    if (head?.epoch !== instance.epoch || head.created_at !== instance.createdAt) continue;
    if (head.sequence < sequence) continue;
    // Who got mail is not known any more; a sweep finds it.
    written.set(writing, {
      inboxSeq: head.inbox_seq,
      nextWake: head.next_wake,
      owner: head.owner,
      woken: [],
    });
  }
  return written;
}
