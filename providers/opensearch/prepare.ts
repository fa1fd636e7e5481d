import { StoreError } from "../../src/provider/errors.ts";
import { answerError } from "./errors.ts";
import { indexBody, mappingNumber } from "./mapping.ts";
import { errorOf, type Server } from "./server.ts";
import type { Answer } from "./transport.ts";

const what = "prepare the search index";
/** Milliseconds between two looks at a copying that goes on. */
const lookInterval = 250;

/**
 * Makes the index where it is not there, and one of an older mapping into one of this: its documents are copied, the alias
 * is moved, and what was written meanwhile is copied too. Any number of programs may do so at once.
 *
 * @throws {StoreError} `newer` where a later version of this package has made it
 */
export async function prepareIndex(server: Server, alias: string, replicas: number): Promise<void> {
  const target = `${alias}-v${mappingNumber}`;
  const others = (await indicesOf(server, alias)).filter((index) => index !== target);
  refuseNewer(alias, others);
  await create(server, target, replicas);
  for (const old of others) await copy(server, old, target);
  await ask(server, "POST", "_aliases", {
    actions: [
      { add: { index: target, alias } },
      ...others.map((index) => ({ remove: { index, alias, must_exist: false } })),
    ],
  });
  for (const old of others) {
    await copy(server, old, target);
    await ask(server, "DELETE", old, undefined, 404);
  }
}

/** Whether the alias leads to the index of this mapping, and nowhere else. */
export async function isPrepared(server: Server, alias: string): Promise<boolean> {
  const indices = await indicesOf(server, alias);
  return indices.length === 1 && indices[0] === `${alias}-v${mappingNumber}`;
}

async function indicesOf(server: Server, alias: string): Promise<string[]> {
  const answer = await ask(server, "GET", `_alias/${alias}`, undefined, 404);
  return answer.status === 404 ? [] : Object.keys(answer.body);
}

function refuseNewer(alias: string, indices: readonly string[]): void {
  for (const index of indices) {
    const number = Number(/-v(\d+)$/.exec(index)?.[1] ?? 0);
    if (number <= mappingNumber) continue;
    throw new StoreError(
      "newer",
      `Cannot ${what}: ${alias} leads to ${index}, this version of @wfe/engine knows ${mappingNumber}; update the program`,
    );
  }
}

async function create(server: Server, index: string, replicas: number): Promise<void> {
  const answer = await server.ask(what, "PUT", index, indexBody(replicas));
  if (answer.status < 300 || errorOf(answer).type === "resource_already_exists_exception") return;
  throw answerError(what, answer.status, errorOf(answer));
}

/** An index that is gone has been copied by another program. */
async function copy(server: Server, from: string, to: string): Promise<void> {
  await ask(server, "POST", `${from}/_refresh`, undefined, 404);
  const { body, status } = await ask(server, "POST", "_reindex?wait_for_completion=false", {
    conflicts: "proceed",
    source: { index: from },
    dest: { index: to, version_type: "external_gte" },
  }, 404);
  if (status === 404) return;
  for (;;) {
    const task = await ask(server, "GET", `_tasks/${body.task}`);
    if (task.body.completed) return refuseWhereFailed(task.body);
    await server.pause(lookInterval);
  }
}

interface CopyTask {
  readonly error?: { readonly type?: string; readonly reason?: string };
  readonly response?: { readonly failures?: readonly object[] };
}

function refuseWhereFailed({ error, response }: CopyTask): void {
  if (error?.type === "index_not_found_exception") return;
  const [failure] = response?.failures ?? [];
  if (!error && !failure) return;
  throw new StoreError("io", `Cannot ${what}: its copying failed: ${JSON.stringify(error ?? failure)}`);
}

async function ask(
  server: Server,
  method: string,
  path: string,
  body?: object,
  also?: number,
): Promise<Answer> {
  const answer = await server.ask(what, method, path, body);
  if (answer.status < 300 || answer.status === also) return answer;
  throw answerError(what, answer.status, errorOf(answer));
}
