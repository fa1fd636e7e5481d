import type { PostgresClient } from "./client.ts";
import { Connection } from "./connection.ts";
import { encryptionParameters, readEncryption } from "./encryption.ts";
import { ClientMaker, nameOf } from "./open_client.ts";
import { type CompleteOptions, completeOptions, type PostgresOptions, takeParameters } from "./options.ts";
import { Schema } from "./schema.ts";

/** A connection to a server, and what else it can be asked for. */
export interface Opened {
  /** The connection. */
  readonly connection: Connection;
  /** Makes another one, of so many connections at most. */
  readonly connect: (most: number) => Connection;
  /** Makes further clients. */
  readonly maker: ClientMaker;
  /** The options with their defaults. */
  readonly options: CompleteOptions;
}

/** Makes ready to connect to the server of a URL. */
export async function openConnection(url: string | URL, given: PostgresOptions): Promise<Opened> {
  const { url: server, taken } = takeParameters(String(url), ["schema", ...encryptionParameters]);
  const { schema, ...encryption } = taken;
  const options = completeOptions({ ...schema !== undefined && { schema }, ...given });
  const maker = new ClientMaker(server, options, await readEncryption(encryption, nameOf(server)));
  await maker.askForNetwork();
  const connect = (most: number): Connection => {
    const renew = () => maker.make({ most });
    return connectionOf(renew(), maker.name, options, renew);
  };
  return { connection: connect(options.maxConnections), connect, maker, options };
}

/** A connection by a client. */
export function connectionOf(
  client: PostgresClient,
  name: string,
  options: CompleteOptions,
  renew?: () => PostgresClient,
): Connection {
  const { prepare, busyTimeout, statementTimeout, random } = options;
  const schema = new Schema(options.schema);
  return new Connection(client, {
    name,
    schema,
    prepare,
    busyTimeout,
    statementTimeout,
    random,
    ...(renew && { renew }),
  });
}
