/**
 * A file that several processes append to, one record a line, written at once with `O_APPEND`. A process that is killed
 * in the middle of a write leaves part of a record: the line feed before each record keeps it to itself.
 */
export class AppendLog<Record> {
  readonly #file: Deno.FsFile;
  readonly #encoder = new TextEncoder();

  /** Opens a file, making it where there is none. */
  constructor(path: string) {
    this.#file = Deno.openSync(path, { append: true, create: true });
  }

  /** Adds records; whoever is killed afterwards has added them. */
  append(...records: readonly Record[]): void {
    const text = records.map((record) => `\n${JSON.stringify(record)}\n`).join("");
    const bytes = this.#encoder.encode(text);
    for (let written = 0; written < bytes.length;) written += this.#file.writeSync(bytes.subarray(written));
  }
}

/** What a file holds: its whole records, and how many parts of records. A file that is not there is empty. */
export function readLog<Record>(
  path: string,
): { readonly records: readonly Record[]; readonly torn: number } {
  const records: Record[] = [];
  let torn = 0;
  for (const line of textOf(path).split("\n")) {
    if (line === "") continue;
    try {
      records.push(JSON.parse(line));
    } catch {
      torn++;
    }
  }
  return { records, torn };
}

function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
