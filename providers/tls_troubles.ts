import type { Trouble } from "./trouble.ts";

/** Code of the error where a server says that it offers none. */
export const notOffered = "TLS_NOT_OFFERED";

/**
 * What is known of connections that are not encrypted because of a certificate, or could not be, by the codes of
 * `node:tls`. It may pass, as when a certificate is renewed, but not within a moment.
 *
 * @param names.ca what names an authority
 * @param names.cert what names this program's certificate
 * @param names.plain what does without encryption
 */
export function tlsTroubles(
  { ca, cert, plain }: { readonly ca: string; readonly cert: string; readonly plain: string },
): Readonly<Record<string, Trouble>> {
  // By none of its codes does Deno tell an unknown authority from a time that is over.
  const untrusted: Trouble = {
    problem: "io",
    why:
      "the server's certificate is not trusted: no authority that is known here has signed it, or its time is over",
    remedy: `name its authority by ${ca}, or renew the certificate`,
  };
  const foreign: Trouble = {
    problem: "io",
    why: "the server's certificate is one of another host",
    remedy: "connect to the server by a name that its certificate has, or give it one with this name",
  };
  const unencrypted: Trouble = {
    problem: "io",
    why: "the server offers no encryption (TLS) here",
    remedy: `have it offer TLS, check the port, or ${plain} where the network is safe`,
  };
  const refused: Trouble = {
    problem: "denied",
    why: "the server does not take the certificate that this program has shown, or wants to see one",
    remedy: `name one by ${cert}`,
  };
  const unfit: Trouble = {
    problem: "denied",
    why: "the server and this program have no protocol in common, or the key is none of the certificate",
    remedy: `have it offer TLS 1.2 or 1.3, and check ${cert}`,
  };
  return {
    ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: refused,
    ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: refused,
    ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: refused,
    ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: refused,
    ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: refused,
    ERR_SSL_UNSUPPORTED_PROTOCOL: unfit,
    DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
    SELF_SIGNED_CERT_IN_CHAIN: untrusted,
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
    UNABLE_TO_GET_ISSUER_CERT: untrusted,
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
    CERT_HAS_EXPIRED: untrusted,
    CERT_NOT_YET_VALID: untrusted,
    ERR_TLS_CERT_ALTNAME_INVALID: foreign,
    ERR_SSL_WRONG_VERSION_NUMBER: unencrypted,
    [notOffered]: unencrypted,
  };
}
