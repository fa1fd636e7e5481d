import type { SearchDocument } from "../../src/instance/search_document.ts";
import { StoreError } from "../../src/provider/errors.ts";
import { answerError, problemOf, type ServerError } from "./errors.ts";
import { sourceOf } from "./mapping.ts";
import { errorOf, type Server } from "./server.ts";
import type { Answer } from "./transport.ts";
import { lastVersionOf, versionOf } from "./version.ts";

/** Bytes, about, of a request. */
const largestRequest = 4_000_000;
const firstPause = 50;
const longestPause = 1_000;

/** One line, or two, of a bulk request. */
export interface Action {
  /** Id of the run. */
  readonly id: string;
  /** The lines, each with its end. */
  readonly lines: string;
}

interface Item {
  readonly status: number;
  readonly error?: ServerError;
}

/** Keeps a document, unless a newer one is there. */
export function putAction(document: SearchDocument): Action {
  const { id, createdAt, sequence } = document;
  const head = actionLine("index", id, versionOf(createdAt, sequence));
  return { id, lines: `${head}${JSON.stringify(sourceOf(document))}\n` };
}

/** Forgets a run, and earlier ones of its id. */
export function removeAction({ id, createdAt }: Pick<SearchDocument, "id" | "createdAt">): Action {
  return { id, lines: actionLine("delete", id, lastVersionOf(createdAt)) };
}

/** A version has more digits than a number of JavaScript holds. */
function actionLine(verb: "index" | "delete", id: string, version: bigint): string {
  return `{"${verb}":{"_id":${JSON.stringify(id)},"version":${version},"version_type":"external_gte"}}\n`;
}

/**
 * Sends actions, in requests of a bounded size. What the server has no room for is sent again for a while.
 *
 * @throws {StoreError} where some were not done: `missing` where the index is not there, `unsupported` where it refuses
 * some for good
 */
export async function sendBulk(
  server: Server,
  index: string,
  actions: readonly Action[],
  busyTimeout: number,
): Promise<void> {
  const until = performance.now() + busyTimeout;
  let refusal: StoreError | null = null;
  for (let rest = actions, wait = firstPause; rest.length > 0; wait = Math.min(2 * wait, longestPause)) {
    const busy: Action[] = [];
    let trouble: StoreError | null = null;
    for (const part of inParts(rest)) {
      const { items, sent } = await sendPart(server, index, part);
      items.forEach(({ status, error = {} }, place) => {
        if (isDone(status, error)) return;
        const failure = answerError(`keep run ${sent[place]!.id} in the search index`, status, error);
        if (failure.problem === "unsupported") refusal ??= failure;
        else if (failure.problem === "busy") {
          busy.push(sent[place]!);
          trouble ??= failure;
        } else throw failure;
      });
    }
    rest = busy;
    if (rest.length === 0) break;
    if (performance.now() + wait > until) throw trouble!;
    await server.pause(wait / 2 + Math.random() * wait / 2);
  }
  if (refusal) throw refusal;
}

/** What was there already, or is gone already, is done; so is what a newer document has overtaken. */
function isDone(status: number, { type }: ServerError): boolean {
  return status < 300 || status === 409 || status === 404 && type === undefined;
}

/** Sends one request; in halves where it is too large for the server, or for what stands before it. */
async function sendPart(
  server: Server,
  index: string,
  actions: readonly Action[],
): Promise<{ readonly items: readonly Item[]; readonly sent: readonly Action[] }> {
  const body = actions.map(({ lines }) => lines).join("");
  const answer = await server.ask(
    "write the search index",
    "POST",
    `${index}/_bulk?require_alias=true`,
    body,
  );
  if (answer.status === 413 && actions.length > 1) {
    const half = Math.ceil(actions.length / 2);
    const first = await sendPart(server, index, actions.slice(0, half));
    const second = await sendPart(server, index, actions.slice(half));
    return { items: [...first.items, ...second.items], sent: actions };
  }
  return { items: itemsOf(answer, actions), sent: actions };
}

function itemsOf(answer: Answer, actions: readonly Action[]): readonly Item[] {
  const { status, body } = answer;
  const error = errorOf(answer);
  const problem = problemOf(status, error);
  if (status === 200 && Array.isArray(body?.items) && body.items.length === actions.length) {
    return body.items.map((item: Record<string, Item>) => Object.values(item)[0]!);
  }
  // The whole of it is refused: nothing of it was done. Too large are its documents, each for itself.
  if (problem === "busy" || status === 413) return actions.map(() => ({ status, error }));
  if (status === 200) {
    throw new StoreError("io", "Cannot write the search index: the answer is no answer to it");
  }
  throw answerError("write the search index", status, error);
}

function* inParts(actions: readonly Action[]): Generator<readonly Action[]> {
  let start = 0;
  let size = 0;
  for (const [place, { lines }] of actions.entries()) {
    if (place > start && size + lines.length > largestRequest) {
      yield actions.slice(start, place);
      start = place;
      size = 0;
    }
    size += lines.length;
  }
  yield actions.slice(start);
}
