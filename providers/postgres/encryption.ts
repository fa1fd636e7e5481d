import { StoreError } from "../../src/provider/errors.ts";
import { readTlsFiles, type TlsOptions } from "../tls_files.ts";
import { readEnvironment } from "./environment.ts";
import { takeParameters } from "./options.ts";

/** How connections are encrypted. */
export interface Encryption extends TlsOptions {
  /** Whether it is done without where the server offers none. */
  readonly isOptional: boolean;
  /** What is checked of the server's certificate: its authority, and its host. */
  readonly checks: "nothing" | "authority" | "host";
  /** Whether it begins without the server being asked. */
  readonly isDirect: boolean;
}

/** Parameters of a URL that concern encryption, as `libpq` has them; `ssl` is the driver's name of `sslmode`. */
export const encryptionParameters = [
  "ssl",
  "sslmode",
  "sslrootcert",
  "sslcert",
  "sslkey",
  "sslnegotiation",
] as const;

/** Their values. */
export type EncryptionParameters = Readonly<Partial<Record<(typeof encryptionParameters)[number], string>>>;

/** Where the URL says nothing. */
const variables = {
  PGSSL: "ssl",
  PGSSLMODE: "sslmode",
  PGSSLROOTCERT: "sslrootcert",
  PGSSLCERT: "sslcert",
  PGSSLKEY: "sslkey",
  PGSSLNEGOTIATION: "sslnegotiation",
} as const;

const files = { ca: "sslrootcert", cert: "sslcert", key: "sslkey" } as const;

type Mode = Pick<Encryption, "isOptional" | "checks"> | null;

const optional: Mode = { isOptional: true, checks: "nothing" };
const full: Mode = { isOptional: false, checks: "host" };
const authority: Mode = { isOptional: false, checks: "authority" };

const modes: Readonly<Record<string, Mode>> = {
  disable: null,
  false: null,
  allow: optional,
  prefer: optional,
  require: { isOptional: false, checks: "nothing" },
  "verify-ca": authority,
  "verify-full": full,
  true: full,
};

/** The files that a URL names. */
export function certificateFiles(url: string): readonly string[] {
  return Object.values(takeParameters(url, Object.values(files)).taken).filter((path) => path !== "system");
}

/**
 * What a URL's parameters, and environment variables, ask for; null: no encryption. The files that they name are read.
 *
 * @param name the database, for people
 * @throws {StoreError} where they contradict each other, or a file cannot be read
 */
export async function readEncryption(
  parameters: EncryptionParameters,
  name: string,
): Promise<Encryption | null> {
  const what = `open database ${name}`;
  const said = Object.entries(parameters).filter(([, value]) => value);
  const given: EncryptionParameters = { ...usual(parameters), ...Object.fromEntries(said) };
  const mode = modeOf(given, what);
  if (!mode) return null;
  const { sslrootcert, ...others } = given;
  const texts = await readTlsFiles(what, files, sslrootcert === "system" ? others : given);
  return { ...mode, ...texts, isDirect: given.sslnegotiation === "direct" };
}

/** What the environment says. */
function usual({ ssl, sslmode = ssl }: EncryptionParameters): EncryptionParameters {
  const environment = readEnvironment(Object.keys(variables));
  const entries = Object.entries(variables).map(([name, parameter]) => [parameter, environment[name]]);
  const given: EncryptionParameters = Object.fromEntries(entries.filter(([, value]) => value));
  return sslmode === undefined ? given : { ...given, sslmode };
}

function modeOf({ ssl, sslmode = ssl, sslrootcert }: EncryptionParameters, what: string): Mode {
  const refuse = (why: string): never => {
    throw new StoreError("unsupported", `Cannot ${what}: ${why}`);
  };
  if (sslmode === undefined) return sslrootcert === undefined ? null : full;
  if (!Object.hasOwn(modes, sslmode)) {
    refuse(
      `sslmode must be disable, prefer, require, verify-ca or verify-full, received ${
        JSON.stringify(sslmode)
      }`,
    );
  }
  const mode = modes[sslmode] ?? null;
  if (!mode || sslrootcert === undefined || mode === full) return mode;
  // As `libpq` does: who names an authority wants it to be looked at.
  if (!mode.isOptional && sslrootcert !== "system") return authority;
  return refuse(`sslmode=${sslmode} does not check by sslrootcert=${sslrootcert}; write sslmode=verify-full`);
}
