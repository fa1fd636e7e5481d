import type { PostgresClient } from "../../../providers/postgres/client.ts";
import { type AuditHeader, type AuditPointer, entriesOf } from "./audit_rows.ts";
import type { HistoryEntry } from "./history.ts";

/**
 * Keeps every accepted write of a run in tables beside the store's, in the transaction of the write itself: run, step,
 * attempt, epoch, and the incarnation that owns the run. A transition writes the header first, then the activations.
 */
export async function beginAudit(client: PostgresClient, schema: string): Promise<void> {
  await client.unsafe(triggers.replaceAll("@", `"${schema}".`));
}

const triggers = `
  CREATE TABLE @audit_header (
    seq bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, at bigint, id text COLLATE "C", status text, attempt bigint,
    epoch bigint, owner text, sequence bigint, inbox_read bigint, next_pointer bigint, crashes bigint, reason text,
    definition integer, carried text);
  CREATE INDEX audit_header_run ON @audit_header (id, seq);
  CREATE TABLE @audit_pointer (
    header bigint, id bigint, step_key text, parent bigint, branch bigint, undoes bigint, status text, ord bigint,
    attempt bigint, failures bigint, due_at bigint, output json, started_at bigint, ended_at bigint);

  CREATE FUNCTION @audit_header_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO @audit_header (at, id, status, attempt, epoch, owner, sequence, inbox_read, next_pointer, crashes, reason,
      definition, carried)
    VALUES (extract(epoch FROM clock_timestamp()) * 1000, NEW.id, NEW.status, NEW.attempt, NEW.epoch, NEW.owner,
      NEW.sequence, NEW.inbox_read, NEW.next_pointer, NEW.crashes, NEW.reason, NEW.definition, NEW.carried);
    RETURN NULL;
  END $$;
  CREATE FUNCTION @audit_pointer_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO @audit_pointer
    VALUES ((SELECT max(seq) FROM @audit_header WHERE id = NEW.run), NEW.id, NEW.step_key, NEW.parent, NEW.branch,
      NEW.undoes, NEW.status, NEW.ord, NEW.attempt, NEW.failures, NEW.due_at, NEW.output, NEW.started_at, NEW.ended_at);
    RETURN NULL;
  END $$;

  CREATE TRIGGER audit_new AFTER INSERT ON @wfe_instance FOR EACH ROW EXECUTE FUNCTION @audit_header_row();
  CREATE TRIGGER audit_changed AFTER UPDATE OF sequence ON @wfe_instance FOR EACH ROW EXECUTE FUNCTION @audit_header_row();
  CREATE TRIGGER audit_new AFTER INSERT ON @wfe_pointer FOR EACH ROW EXECUTE FUNCTION @audit_pointer_row();
  CREATE TRIGGER audit_changed AFTER UPDATE OF status ON @wfe_pointer FOR EACH ROW EXECUTE FUNCTION @audit_pointer_row();`;

/** The accepted writes of a store, in order. */
export async function readAudit(client: PostgresClient, schema: string): Promise<HistoryEntry[]> {
  const rows = async <Row>(sql: string): Promise<Row[]> => {
    const found = await client.unsafe(
      `SELECT row_to_json(q)::text AS r FROM (${sql.replaceAll("@", `"${schema}".`)}) AS q`,
    );
    return (found as readonly { readonly r: string }[]).map(({ r }) => JSON.parse(r));
  };
  return entriesOf(
    await rows<AuditHeader>(`
      SELECT a.*, d.hash FROM @audit_header AS a JOIN @wfe_definition AS d ON d.key = a.definition ORDER BY a.seq`),
    await rows<AuditPointer>("SELECT * FROM @audit_pointer"),
  );
}
