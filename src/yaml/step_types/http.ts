import { z } from "zod";
import { durationField, must, outputNameField, scalarField } from "../fields.ts";
import type { StepType } from "../step_type.ts";
import { hostField } from "./permissions.ts";

/** What a request is made from, with the values of its expressions. */
export interface HttpConfig {
  /** Where it goes: http or https, without a user. */
  readonly url: string;
  /** Its method. */
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";
  /** Its headers, beside those that the executor sets. */
  readonly headers: Readonly<Record<string, string>>;
  /** What is sent as JSON. */
  readonly json?: unknown;
  /** What is sent as text. */
  readonly body?: string;
  /** The statuses that are a success: some, or a class of them. */
  readonly expected_status: number | readonly number[] | StatusClass;
  /** What the answer is read as; `auto`: as JSON where it says that it is. */
  readonly response: "auto" | "json" | "text";
  /** Most bytes that are read of the answer. */
  readonly max_response: number;
  /** Milliseconds for the request, its redirects and its answer. */
  readonly timeout: number;
  /** Hosts to which it may be redirected. */
  readonly redirects: readonly string[];
  /** The header of the idempotency key; `false` for none. */
  readonly idempotency_header?: string | false;
  /** The key of the data that the body of the answer becomes. */
  readonly save_as?: string;
}

/** All statuses that begin with a digit. */
export type StatusClass = "1xx" | "2xx" | "3xx" | "4xx" | "5xx";

const urlField = z.string().refine(
  isHttpUrl,
  must(
    "it must be a URL with http or https, without a user",
    "Write it whole, like https://example.com/path; a password goes into a header.",
  ),
);

/** Headers that belong to the connection. */
const ownHeaders: ReadonlySet<string> = new Set([
  ...["connection", "content-length", "expect", "host", "keep-alive"],
  ...["te", "trailer", "transfer-encoding", "upgrade"],
]);

const headerNameField = z.string().refine(
  (name) => /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name),
  must("it must be the name of a header: letters, digits and -", "Write the name alone, like Accept."),
).refine(
  (name) => !ownHeaders.has(name.toLowerCase()),
  must("this header belongs to the connection", "Leave it out: it is set as the request needs it."),
);

const headerValueField = scalarField.transform(String).refine(
  (value) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value),
  must("it must be one line of Latin characters", "Encode the value, in Base64 for instance."),
);

const leastResponse = 1024;
const mostResponse = 64 * 1024 ** 2;

const sizeField = z.unknown().refine(
  (value) =>
    typeof value === "string" && readBytes(value) >= leastResponse && readBytes(value) <= mostResponse,
  must("it must be a size from 1KB to 64MB", 'Write a whole number with KB or MB, like "1MB".'),
).transform((value) => readBytes(value as string));

function readBytes(text: string): number {
  const [, amount, unit] = /^(\d{1,6}) ?(K|M)i?B$/.exec(text) ?? [];
  return Number(amount ?? NaN) * 1024 ** (unit === "M" ? 2 : 1);
}

const timeoutField = durationField.refine(
  (milliseconds) => milliseconds <= 24 * 60 * 60 * 1000,
  must("a request can take one day at most", "Let the server answer at once, and ask again later."),
);

const statusField = z.int().min(100).max(599);

const statusesField = z.union([
  statusField,
  z.array(statusField).min(1),
  z.enum(["1xx", "2xx", "3xx", "4xx", "5xx"]),
]);

const schema = z.strictObject({
  url: urlField,
  method: z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]).default("GET"),
  headers: z.record(headerNameField, headerValueField, { error: keyError }).default({}),
  json: z.unknown().exactOptional(),
  body: z.string().exactOptional(),
  expected_status: statusesField.default("2xx"),
  response: z.enum(["auto", "json", "text"]).default("auto"),
  max_response: sizeField.default(1024 ** 2),
  timeout: timeoutField.default(30_000),
  redirects: z.array(hostField).default([]),
  idempotency_header: z.union([headerNameField, z.literal(false)]).exactOptional(),
  save_as: outputNameField.exactOptional(),
}).refine(({ json, body }) => json === undefined || body === undefined, {
  path: ["body"],
  ...must("a request has one body, and there is json", "Remove one of them."),
}).refine(
  ({ method, json, body }) => !["GET", "HEAD"].includes(method) || (json === undefined && body === undefined),
  {
    path: ["method"],
    ...must("a request with a body cannot be GET or HEAD", "Write the method, like POST."),
  },
);

/** Steps that make an HTTP request. */
export const httpStep: StepType<HttpConfig> = { type: "http", schema };

/** Says what is wrong with a key, not only that something is. */
function keyError(
  issue: { readonly code: string; readonly issues?: readonly { readonly message: string }[] },
): string | undefined {
  return issue.code === "invalid_key" ? issue.issues?.[0]?.message : undefined;
}

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "" &&
    /^https?:\/\//i.test(text);
}
