import { StoreError } from "../src/provider/errors.ts";

/** What certificates are checked by, and shown: texts in PEM. */
export interface TlsOptions {
  /**
   * Certificates of the authorities that may have signed that of the server.
   *
   * @default the public ones
   */
  readonly ca?: string;
  /** The certificate that this program shows, where the server asks for one. */
  readonly cert?: string;
  /** The private key of `cert`. */
  readonly key?: string;
}

/** How a URL names the files of these texts. */
export type TlsParameters = Readonly<Record<keyof TlsOptions, string>>;

const kinds: TlsParameters = { ca: "CERTIFICATE", cert: "CERTIFICATE", key: "PRIVATE KEY" };

/**
 * Reads the files that a URL names.
 *
 * @param what completes "Cannot …"
 * @param names how the parameters are called
 * @param paths their values
 * @throws {StoreError} where one cannot be read, or holds something else
 */
export async function readTlsFiles(
  what: string,
  names: TlsParameters,
  paths: Readonly<Record<string, string | undefined>>,
): Promise<TlsOptions> {
  const texts: Partial<Record<keyof TlsOptions, string>> = {};
  for (const part of ["ca", "cert", "key"] as const) {
    const path = paths[names[part]];
    if (path !== undefined) texts[part] = await readPem(`${what}: ${names[part]}`, path, kinds[part]);
  }
  if ((texts.cert === undefined) !== (texts.key === undefined)) {
    throw new StoreError(
      "unsupported",
      `Cannot ${what}: ${names.cert} and ${names.key} need each other; give both`,
    );
  }
  return texts;
}

async function readPem(what: string, path: string, kind: string): Promise<string> {
  const { state } = await Deno.permissions.request({ name: "read", path });
  if (state !== "granted") {
    throw new StoreError(
      "denied",
      `Cannot ${what}: Deno was not given the permission; grant --allow-read=${path}`,
    );
  }
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    const problem = cause instanceof Deno.errors.NotFound ? "missing" : "denied";
    const why = `the file ${path} cannot be read (${
      (cause as Error).message
    }); check its path and its rights`;
    throw new StoreError(problem, `Cannot ${what}: ${why}`, { cause });
  }
  if (new RegExp(`^-----BEGIN .*${kind}-----`, "m").test(text)) return text;
  throw new StoreError(
    "unsupported",
    `Cannot ${what}: the file ${path} must hold a ${kind.toLowerCase()} in PEM, which begins with -----BEGIN ${kind}-----`,
  );
}
