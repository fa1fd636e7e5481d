import { DatabaseSync } from "node:sqlite";
import { StoreFile } from "./store_file.ts";

/** What bare `node:sqlite` does on the same disk, with the same durability. */
export interface RawLimit {
  /** Milliseconds of one commit of one row, half of them faster. */
  readonly commit: number;
  /** Steps a second, where a step is two rows (a header updated, a result inserted) and 100 steps are a commit. */
  readonly stepsInGroups: number;
}

const schema = `
  PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  CREATE TABLE header (id INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, status TEXT NOT NULL) STRICT;
  CREATE TABLE result (run INTEGER NOT NULL, id INTEGER NOT NULL, output TEXT, PRIMARY KEY (run, id)) STRICT, WITHOUT ROWID;`;

/** Measures the raw limit. */
export function measureRaw(folder: string): RawLimit {
  using file = new StoreFile(folder);
  const database = new DatabaseSync(file.path);
  try {
    database.exec(schema);
    const insert = database.prepare("INSERT INTO header (id, sequence, status) VALUES (?1, 0, 'Runnable')");
    database.exec("BEGIN");
    for (let id = 0; id < 1_000; id++) insert.run(id);
    database.exec("COMMIT");
    return { commit: measureCommits(database), stepsInGroups: measureGroups(database) };
  } finally {
    database.close();
  }
}

function measureCommits(database: DatabaseSync): number {
  const update = database.prepare("UPDATE header SET sequence = sequence + 1 WHERE id = ?1");
  const samples: number[] = [];
  for (let count = 0; count < 500; count++) {
    const started = performance.now();
    database.exec("BEGIN IMMEDIATE");
    update.run(count);
    database.exec("COMMIT");
    samples.push(performance.now() - started);
  }
  return samples.toSorted((a, b) => a - b)[samples.length >> 1]!;
}

function measureGroups(database: DatabaseSync): number {
  const update = database.prepare("UPDATE header SET sequence = ?2, status = 'Runnable' WHERE id = ?1");
  const insert = database.prepare("INSERT INTO result (run, id, output) VALUES (?1, ?2, ?3)");
  const groups = 300;
  const started = performance.now();
  for (let group = 0; group < groups; group++) {
    database.exec("BEGIN IMMEDIATE");
    for (let run = 0; run < 100; run++) {
      update.run(run, group);
      insert.run(run, group, `{"v":${group}}`);
    }
    database.exec("COMMIT");
  }
  return (groups * 100) / ((performance.now() - started) / 1_000);
}
