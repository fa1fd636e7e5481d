import assert from "node:assert/strict";
import { processesNaming } from "../processes.ts";
import { Engine, type EngineAnswer } from "./engine.ts";
import type { EscapeCase } from "./escape_case.ts";
import { makeStage, type Stage } from "./scene.ts";

/** Bytes that a script may leave the engine with after so many milliseconds. */
const leftMemory = 32 * 1024 ** 2;
const memoryPatience = 2000;

/** Milliseconds from the first line of a script that never ends until its time is up. */
const timeout = 100;

/** What marks the content of /etc/passwd. */
const passwd = "root:x:0:0";

/** An engine, and what the scripts that it runs are after. */
export class Siege implements AsyncDisposable {
  readonly #stage: Stage;
  readonly #engine: Engine;
  readonly #kept: string;

  private constructor(stage: Stage, engine: Engine) {
    this.#stage = stage;
    this.#engine = engine;
    this.#kept = stage.keptFiles();
  }

  /** Starts the engine, which runs a few harmless scripts first. */
  static async begin(): Promise<Siege> {
    const stage = await makeStage();
    const env = { ESCAPE_SECRET: stage.secret, HOME: "/home/of-nobody" };
    const engine = new Engine(env);
    // The first steps make it larger, whatever they do.
    for (let count = 0; count < 4; count++) {
      const { error } = await engine.run({ script: "Wfe.log(1)", permissions: { env: ["HOME"] } });
      assert.equal(error, undefined);
    }
    return new Siege(stage, engine);
  }

  /** Runs a case: it throws where the script got what it may not, or harmed the engine. */
  async run(
    { script, permissions, memory = 64 * 1024 ** 2, ends, lasts = timeout, leaves = leftMemory }: EscapeCase,
  ): Promise<void> {
    const { scene, secret, visits } = this.#stage;
    const { rss: before } = await this.#engine.run({});
    const answer = await this.#engine.run({
      script: script(scene),
      permissions: permissions(scene),
      memory,
      ...(ends === "timeout" ? { timeout: lasts } : {}),
    });
    assertEnd(answer, ends);
    const told = answer.given + answer.error?.message;
    assert.ok(!told.includes(secret) && !told.includes(passwd), `the script knows a secret: ${told}`);
    assert.deepEqual(visits, [], "a server that is not granted has been reached");
    assert.equal(this.#stage.keptFiles(), this.#kept, "a file that is not granted has been changed");
    assert.ok(answer.token !== undefined, "the step has not been recorded");
    assert.deepEqual(await processesNaming(answer.token), [], "processes are left");
    await this.#assertMemory(before, answer.rss, leaves);
  }

  /** Ends the engine. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine[Symbol.asyncDispose]();
    await this.#stage[Symbol.asyncDispose]();
  }

  async #assertMemory(before: number, after: number, leaves: number): Promise<void> {
    const start = performance.now();
    for (let now = after; now > before + leaves; now = (await this.#engine.run({})).rss) {
      if (performance.now() - start > memoryPatience) {
        assert.fail(`the engine has ${toMiB(now)} MiB two seconds later, and had ${toMiB(before)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function assertEnd({ error, given }: EngineAnswer, ends: EscapeCase["ends"]): void {
  assert.ok(error !== undefined, `the script came to its end: ${given}`);
  const { name, reason, message } = error;
  if (ends === "timeout") return assert.equal(name, "TimeoutError", message);
  assert.equal(name, "ScriptError", message);
  assert.ok(ends.some((one) => one === reason), `it failed for the reason ${reason}: ${message}`);
}

function toMiB(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed();
}
