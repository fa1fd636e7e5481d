import { RetryAfterError } from "../../src/definition/errors.ts";

/** The answer to a request has a status that the step does not expect. */
export class HttpStatusError extends Error {
  /** Tells this error from others: `HTTP_404`. */
  readonly code: string;
  /** The status. */
  readonly status: number;
  /** Whether another attempt may help: after 408, 425, 429 and from 500 on. */
  readonly retryable: boolean;

  /** `request` names the request for people, `text` is the beginning of the answer. */
  constructor(request: string, status: number, text: string) {
    super(statusMessage(request, status, text));
    this.name = "HttpStatusError";
    this.code = `HTTP_${status}`;
    this.status = status;
    this.retryable = isPassing(status);
  }
}

/** As {@linkcode HttpStatusError}, where the server says when to ask again. */
export class HttpRetryAfterError extends RetryAfterError {
  /** Tells this error from others: `HTTP_503`. */
  override readonly code: string;
  /** The status. */
  readonly status: number;

  /** `delay` is in milliseconds. */
  constructor(request: string, status: number, text: string, delay: number) {
    super(`${statusMessage(request, status, text)}; the server asks to wait ${delay / 1000} s`, delay);
    this.name = "HttpRetryAfterError";
    this.code = `HTTP_${status}`;
    this.status = status;
  }
}

/** Why a request has no answer that can be used. */
export type HttpProblem = "network" | "permission" | "redirect" | "response" | "timeout";

/** A request that has no answer, or none that can be used. */
export class HttpRequestError extends Error {
  /** Tells this error from others: `HTTP_NETWORK`, `HTTP_TIMEOUT`, `HTTP_REDIRECT`, `HTTP_RESPONSE`, `HTTP_PERMISSION`. */
  readonly code: string;
  /** Whether another attempt may help: after trouble in the network, and after a timeout. */
  readonly retryable: boolean;

  /** `request` names the request for people, `why` completes the sentence. */
  constructor(problem: HttpProblem, request: string, why: string, options?: ErrorOptions) {
    super(`${request} failed: ${why}`, options);
    this.name = "HttpRequestError";
    this.code = `HTTP_${problem.toUpperCase()}`;
    this.retryable = problem === "network" || problem === "timeout";
  }
}

/** Whether a status says that the same request may succeed later. */
export function isPassing(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

function statusMessage(request: string, status: number, text: string): string {
  return `${request} was answered with status ${status}${text === "" ? "" : `: ${text}`}`;
}
