import type { ScriptConsole } from "./worker_console.ts";

/** What the boot code of a sandbox sends into its Worker, once. */
export interface WorkerInit {
  /** Address of the script's module. */
  readonly url: string;
  /** Opens every message of the boot code, so that what the script posts itself is not taken for one. */
  readonly key: string;
  /** Answers the Worker's question whether it still lives. */
  readonly answer: string;
  /** Opens the lines of the console. */
  readonly mark: string;
  /** The workflow's data, as JSON. */
  readonly data: string;
  /** The run's variables, as JSON. */
  readonly vars: string;
  /** Values of the script's expressions by identifier, each as JSON. */
  readonly expressions: { readonly [identifier: string]: string };
  /** How often the step has been started, from 1. */
  readonly attempt: number;
  /** The same for every attempt. */
  readonly idempotencyKey: string;
  /** Characters of JSON that all outputs may have together. */
  readonly outputLimit: number;
}

/**
 * Runs in the Worker, before the script: makes `Wfe` and `console`, imports the script and reports how it ended. A
 * closed function: it travels as source text and knows nothing but the globals and what it is given, a closed function
 * too.
 *
 * Everything it uses after the script has begun is taken beforehand, and no prototype is relied on, so that a script
 * that changes prototypes spoils at most its own result. `mayLink`: WASI would make symbolic links for it.
 */
export function workerBoot(makeConsole: (mark: string) => ScriptConsole, mayLink: boolean): void {
  const scope = globalThis as unknown as DedicatedScope;
  const { freeze, defineProperty, getPrototypeOf, setPrototypeOf, preventExtensions, keys, create } = Object;
  const { parse, stringify } = JSON;
  const { isArray } = Array;
  const { isFinite, isSafeInteger, isInteger } = Number;
  const { apply } = Reflect;
  const { indexOf, slice } = String.prototype;
  const text = String;
  const Refusal = TypeError;
  const post = scope.postMessage.bind(scope);
  const { addSignalListener, resolveDns } = Deno;
  const ended = new AbortController();
  const { signal } = ended;
  const abort = ended.abort.bind(
    ended,
    new DOMException("The step has been ended from outside", "AbortError"),
  );
  const outputs: Record<string, string> = create(null);
  // Characters of a text that is told of a failure. The engine has no use for more.
  const longest = 64 * 1024;
  let isHeard = false;

  // Would write to disk without a permission; what it writes fails in every Worker, and here it says so at once.
  for (const name of ["caches", "CacheStorage", "Cache"]) delete (scope as unknown as Globals)[name];

  const closed = mayLink ? closeWasi() : undefined;
  scope.addEventListener("message", begin);

  /** Gets the address of an empty module first: what importing and answering need is then there when it matters. */
  async function begin({ data }: { readonly data: unknown }): Promise<void> {
    if (typeof data !== "string") {
      scope.removeEventListener("message", begin);
      await closed;
      return await run(data as WorkerInit);
    }
    await import(data);
    await closed;
    post("");
  }

  /**
   * Where a folder may be read and written, WASI makes symbolic links in it, which Deno lets nobody make and then follows
   * anywhere. Without memory its functions do nothing. Another Worker would have a WASI of its own.
   */
  async function closeWasi(): Promise<void> {
    const { WASI } = await import("node:wasi");
    for (const name of ["start", "initialize", "finalizeBindings"]) {
      delete (WASI.prototype as unknown as Globals)[name];
    }
    freeze(WASI.prototype);
    const { Worker: NodeWorker } = await import("node:worker_threads");
    // What makes a Worker calls the class that it extends, and finds this.
    const none = function (): never {
      throw new Refusal(
        "Cannot make a Worker: a step that may read and write the same folder has none of its own",
      );
    };
    for (const made of [Worker, NodeWorker]) preventExtensions(setPrototypeOf(made, none));
  }

  async function run(init: WorkerInit): Promise<void> {
    const { key, answer, url } = init;
    const report = (thrown: unknown, cause: object) =>
      post(key + stringify({ kind: "failed", ...describe(thrown), ...cause }));
    const fail = (thrown: unknown) => {
      const host = queriedHost(thrown);
      if (host === undefined) return report(thrown, {});
      explainQuery(host).then((cause) => report(thrown, cause));
    };
    scope.addEventListener("error", (event) => {
      event.preventDefault();
      // What a Worker of the script threw is told by its message only.
      fail(event.error ?? (event.message === "Uncaught null" ? null : event));
    });
    scope.addEventListener("unhandledrejection", (event) => {
      event.preventDefault();
      fail(event.reason);
    });
    scope.addEventListener("message", ({ data }) => {
      if (data !== answer) return;
      let body = "";
      for (const name in outputs) body += `${body && ","}${stringify(name)}:${outputs[name]}`;
      post(`${key}{"kind":"done","outputs":{${body}}}`);
    });
    offer(init);
    try {
      await import(url);
    } catch (thrown) {
      return fail(thrown);
    }
    // A Worker that has ended itself hears no answer. (Asking a timer costs 10 ms: Deno makes them when they are read.)
    post(key);
  }

  function offer({ mark, data, vars, expressions, attempt, idempotencyKey, outputLimit }: WorkerInit): void {
    const console = makeConsole(mark);
    defineProperty(scope, "console", { value: console, writable: true, configurable: true });
    // Deno's internals, which it leaves within reach: no script has business with them.
    const deno = Deno as unknown as { readonly internal: symbol; [internals: symbol]: unknown };
    delete deno[deno.internal];
    const api = {
      vars: freezeDeep(parse(vars)),
      attempt,
      idempotencyKey,
      // TERM ends the process at once, with no time to lose for a script that does not look for it.
      get signal() {
        if (!isHeard) addSignalListener("SIGTERM", abort);
        isHeard = true;
        return signal;
      },
      getData: () => parse(data),
      log: console.log,
      setOutput: (name: unknown, value: unknown) => {
        const what = typeof name === "string" ? stringify(name) : text(typeof name);
        if (
          typeof name !== "string" || !/^[A-Za-z_][A-Za-z0-9_-]{0,127}$/.test(name) || name === "__proto__"
        ) {
          throw new Refusal(
            `Cannot set output ${what}: a name is a letter or _, then letters, digits, _ or -, ` +
              "128 characters at most, and not __proto__",
          );
        }
        check(value, `Cannot set output ${what}`, "its value", create(null), 0);
        const json = stringify(value);
        let size = json.length;
        for (const other in outputs) if (other !== name) size += outputs[other]!.length;
        if (size > outputLimit) {
          throw new Refusal(
            `Cannot set output ${what}: ${size} characters of JSON are more than the ${outputLimit} that all ` +
              "outputs of a step may have together; write a file and set its name",
          );
        }
        outputs[name] = json;
      },
    };
    defineProperty(scope, "Wfe", { value: freeze(api), enumerable: true });
    for (const identifier of keys(expressions)) {
      const json = expressions[identifier]!;
      defineProperty(scope, identifier, { get: () => parse(json) });
    }
  }

  /** Refuses what JSON would lose or change. */
  function check(value: unknown, doing: string, place: string, above: Ancestors, depth: number): void {
    const refuse = (why: string) => new Refusal(`${doing}: ${place} ${why}`);
    if (value === null || typeof value === "string" || typeof value === "boolean") return;
    if (typeof value === "number") {
      if (!isFinite(value)) throw refuse(`is ${value}, which has no JSON form`);
      if (isInteger(value) && !isSafeInteger(value)) throw refuse("is beyond 2^53; use a string");
      return;
    }
    if (typeof value !== "object") throw refuse(`is of type ${typeof value}, which has no JSON form`);
    if (depth === 500) throw refuse("is nested deeper than 500 levels");
    for (let index = 0; index < depth; index++) {
      if (above[index] === value) throw refuse("contains itself");
    }
    above[depth] = value;
    if (isArray(value)) {
      for (let index = 0; index < value.length; index++) {
        check(value[index], doing, `${place}[${index}]`, above, depth + 1);
      }
      return;
    }
    const prototype = getPrototypeOf(value);
    if (prototype !== null && getPrototypeOf(prototype) !== null) {
      throw refuse("is no plain object or array; make one of it, or a string");
    }
    const names = keys(value);
    for (let index = 0; index < names.length; index++) {
      const name = names[index]!;
      const member = (value as Record<string, unknown>)[name];
      if (name === "__proto__") throw refuse("has the key __proto__, which is not allowed");
      if (member !== undefined) check(member, doing, `${place}.${name}`, above, depth + 1);
    }
  }

  /** The host about which Node has asked name servers in vain. */
  function queriedHost(thrown: unknown): string | undefined {
    try {
      const { syscall, hostname } = thrown as Readonly<Record<string, unknown>>;
      if (typeof syscall !== "string" || !/^query[A-Z]/.test(syscall)) return undefined;
      return typeof hostname === "string" ? hostname : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * Node does not say where a query failed because these servers may not be asked. Asking again tells it, or does no more
   * than the script may do itself.
   */
  async function explainQuery(host: string): Promise<object> {
    try {
      await resolveDns(host, "A");
      return {};
    } catch (denied) {
      const { name, message } = describe(denied);
      return name === "NotCapable" ? { cause: message } : {};
    }
  }

  /** What can be said of a thrown value. Whatever it is, this neither throws nor runs longer than its getters. */
  function describe(thrown: unknown): Description {
    const read = (key: string): string => {
      try {
        const value = (thrown as Record<string, unknown>)[key];
        return typeof value === "string" ? value : "";
      } catch {
        return "";
      }
    };
    if (typeof thrown === "string") return { name: "", message: start(thrown), stack: "", cause: "" };
    if (thrown === null || (typeof thrown !== "object" && typeof thrown !== "function")) {
      const message = `${start(text(thrown))} was thrown (a value of type ${
        thrown === null ? "null" : typeof thrown
      })`;
      return { name: "", message, stack: "", cause: "" };
    }
    let cause = "";
    try {
      cause = text((thrown as { cause?: { message?: unknown } }).cause?.message ?? "");
    } catch {
      // A cause that cannot be read says nothing.
    }
    const stack = end(read("stack"));
    const message = start(read("message")) || (stack ? "" : "an object without a message was thrown");
    return { name: start(read("name")), message, stack, cause: start(cause) };
  }

  function start(whole: string): string {
    return apply(slice, whole, [0, longest]);
  }

  /** In whole lines: the frames of a stack are behind its message. */
  function end(whole: string): string {
    if (whole.length <= longest) return whole;
    const first = apply(indexOf, whole, ["\n", whole.length - longest]);
    return first < 0 ? "" : apply(slice, whole, [first]);
  }

  function freezeDeep(value: unknown): unknown {
    if (typeof value === "object" && value !== null) {
      for (const key of keys(value)) freezeDeep((value as Record<string, unknown>)[key]);
      freeze(value);
    }
    return value;
  }

  interface DedicatedScope {
    postMessage(message: string): void;
    addEventListener(
      type: "message",
      listener: (event: { readonly data: unknown }) => void,
      options?: object,
    ): void;
    addEventListener(type: string, listener: (event: Trouble) => void): void;
    removeEventListener(type: string, listener: (event: { readonly data: unknown }) => void): void;
  }

  type Globals = Record<string, unknown>;

  interface Trouble {
    readonly error: unknown;
    readonly message: unknown;
    readonly reason: unknown;
    preventDefault(): void;
  }

  interface Description {
    readonly name: string;
    readonly message: string;
    readonly stack: string;
    readonly cause: string;
  }

  type Ancestors = Record<number, object>;
}
