import type { StepContext } from "../definition/step_context.ts";
import type { LockProvider } from "../provider/lock.ts";
import type { Persistence } from "../provider/persistence.ts";
import type { WorkflowHost } from "./host.ts";
import { WorkflowHostBuilder } from "./host_builder.ts";
import type { HostOptions } from "./host_options.ts";

/** A definition of any data. */
export type AnyDefinition = Parameters<WorkflowHost["registerWorkflow"]>[0];

/** A running host that knows these definitions. */
export function startHost(
  persistence: Persistence,
  ...definitions: readonly AnyDefinition[]
): Promise<WorkflowHost> {
  return startHostWith({ persistence }, ...definitions);
}

/** A running host with these options that knows these definitions. */
export async function startHostWith(
  options: Partial<HostOptions>,
  ...definitions: readonly AnyDefinition[]
): Promise<WorkflowHost> {
  const host = new WorkflowHostBuilder(options).build();
  for (const definition of definitions) host.registerWorkflow(definition);
  await host.start();
  return host;
}

/** A step body that ends only when its signal aborts. */
export function untilAborted(ctx: StepContext): Promise<never> {
  return new Promise((_, reject) => ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason)));
}

/** A door that steps wait at until the test opens it. */
export interface Door {
  /** The first step that has come. */
  readonly reached: Promise<StepContext>;
  /** Lets all through. */
  readonly open: () => void;
  /** Waits at the door. */
  readonly pass: (ctx: StepContext) => Promise<void>;
}

/** A door that is closed. */
export function door(): Door {
  const reached = Promise.withResolvers<StepContext>();
  const opened = Promise.withResolvers<void>();
  return {
    reached: reached.promise,
    open: opened.resolve,
    pass: (ctx) => {
      reached.resolve(ctx);
      return opened.promise;
    },
  };
}

/** Resolves after a number of turns of the event loop, for calls that answer late. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** What a promise resolves with; rejects where that takes longer than what nobody would wait for. */
export async function soon<Result>(promise: Promise<Result>, milliseconds: number = 5_000): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`Nothing happened within ${milliseconds} ms`)),
    milliseconds,
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A store one of whose methods is wrapped; `count` numbers its calls from 1, `args` is what it is called with. */
export function wrapped(
  store: Persistence,
  method: keyof Persistence & string,
  wrap: (call: () => Promise<unknown>, count: number, args: readonly unknown[]) => Promise<unknown>,
): Persistence {
  let count = 0;
  return new Proxy(store, {
    get(target, name): unknown {
      const member = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      const bound = member.bind(target);
      return name === method ? (...args: unknown[]) => wrap(() => bound(...args), ++count, args) : bound;
    },
  });
}

/** What `console[level]` is given while `action` runs, instead of printing it. */
export async function whatIsSaid(
  level: "warn" | "error",
  action: () => Promise<unknown>,
): Promise<readonly (readonly unknown[])[]> {
  const say = console[level];
  const said: unknown[][] = [];
  console[level] = (...words: unknown[]) => said.push(words);
  try {
    await action();
  } finally {
    console[level] = say;
  }
  return said;
}

/** Locks of which some calls do something else. */
export function locksOf(lock: LockProvider, other: Partial<LockProvider>): LockProvider {
  return {
    acquire: (request) => lock.acquire(request),
    renew: (...given) => lock.renew(...given),
    release: (...given) => lock.release(...given),
    ...other,
  };
}
