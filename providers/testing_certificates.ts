const folder = new URL("testdata/tls/", import.meta.url).pathname;

/** Files of certificates for servers and clients of tests, made by `testdata/tls/make`. */
export const certificates = {
  /** Has signed all others. */
  authority: `${folder}authority.pem`,
  /** A server's, for `localhost` and 127.0.0.1. */
  server: `${folder}server.pem`,
  /** A server's, for `localhost` alone: at 127.0.0.1 it is one of another host. */
  foreign: `${folder}foreign.pem`,
  /** A server's, whose time is over. */
  expired: `${folder}expired.pem`,
  /** A client's: user `postgres`. */
  client: `${folder}client.pem`,
  /** The private key of all but the authority. */
  key: `${folder}key.pem`,
} as const;
