import { bytesOf } from "../../src/definition/bytes_of.ts";
import { StoreError } from "../../src/provider/errors.ts";

/** Bytes that PostgreSQL keeps of a name. */
const longestName = 63;

/** The schema that the tables are in, and the SQL that names them. */
export class Schema {
  /** Its name, unquoted. */
  readonly name: string;
  readonly #qualified = new Map<string, string>();

  /** @throws {StoreError} where it is no name of a schema, or one that would have to be quoted twice */
  constructor(name: string) {
    const bytes = bytesOf(name);
    if (bytes === 0 || bytes > longestName || /[\p{Cc}"'\\$@]/u.test(name) || /^pg_/i.test(name)) {
      throw new StoreError(
        "unsupported",
        `Cannot use schema ${
          JSON.stringify(name)
        }: a name has 1 to ${longestName} bytes, does not begin with "pg_", and has none of "'\\$@ or control characters; choose another`,
      );
    }
    this.name = name;
  }

  /** The name as SQL has it. */
  get quoted(): string {
    return `"${this.name}"`;
  }

  /** SQL in which `@wfe_…` stands for a table or function of the schema. */
  sql(text: string): string {
    let qualified = this.#qualified.get(text);
    if (qualified === undefined) {
      qualified = text.replaceAll("@wfe_", `${this.quoted}.wfe_`);
      this.#qualified.set(text, qualified);
    }
    return qualified;
  }
}
