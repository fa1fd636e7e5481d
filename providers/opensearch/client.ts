/**
 * What the provider needs of a client of the caller's. The `Client` of `npm:@opensearch-project/opensearch` has this shape,
 * whatever it signs its requests with and however many nodes it knows.
 */
export interface OpenSearchClient {
  /** What carries its requests. */
  readonly transport: OpenSearchTransport;
}

/** Carries requests to a server. */
export interface OpenSearchTransport {
  /**
   * Sends one request. An answer whose status is 400 or above may come as an error with the name `ResponseError`, whose
   * `meta` is the answer.
   */
  request(
    request: OpenSearchRequest,
    options: {
      /** Milliseconds that a try may take. */
      readonly requestTimeout: number;
    },
  ): PromiseLike<OpenSearchAnswer> & {
    /** Gives the request up. */
    readonly abort?: () => unknown;
  };
}

/** A request. */
export interface OpenSearchRequest {
  /** The HTTP method. */
  method: string;
  /** The path, with a slash at its beginning. */
  path: string;
  /** What stands behind the `?` of a URL. */
  querystring: string;
  /** JSON. */
  body?: string;
  /** Lines of JSON. */
  bulkBody?: string;
}

/** What a server answers. */
export interface OpenSearchAnswer {
  /** HTTP status. */
  readonly statusCode: number | null;
  /** What its JSON says, or its text. */
  readonly body: unknown;
}
