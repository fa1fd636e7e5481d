import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson } from "../definition/canonical_json.ts";
import { NonRetryableError, RetryAfterError, WaitTimeoutError } from "../definition/errors.ts";
import { askedDelay, isRetryable, toFailure } from "./failure.ts";

class PaymentError extends Error {
  override readonly name = "PaymentError";
  readonly code = "CARD_DECLINED";
}

const unreadable = (): never => {
  throw new Error("do not look at me");
};

/** Throws at whatever is asked of it. */
const closed = new Proxy({}, {
  get: unreadable,
  has: unreadable,
  getPrototypeOf: unreadable,
  ownKeys: unreadable,
});

/** An error of which nothing can be read. */
const shy = Object.defineProperties(new Error("shy"), {
  name: { get: unreadable },
  message: { get: unreadable },
  code: { get: unreadable },
  stack: { get: unreadable },
  retryable: { get: unreadable },
});

/** Says by itself that it is not to be tried again, and then cannot be looked at. */
const late = Object.defineProperty(new RetryAfterError("late", 5), "delay", { get: unreadable });

/** What is recorded, but for the stack. */
function recorded(thrown: unknown): readonly unknown[] {
  const { type, message, code } = toFailure(thrown, "Pay", 2);
  return [type, message, code];
}

Deno.test("toFailure() keeps class, message, code, stack, step and attempt of an error", () => {
  const { stack, ...failure } = toFailure(new PaymentError("declined"), "Pay", 2);
  deepEqual(failure, {
    type: "PaymentError",
    message: "declined",
    code: "CARD_DECLINED",
    step: "Pay",
    attempt: 2,
  });
  ok(stack?.includes("failure_test.ts"), `${stack}`);
});

const thrown: readonly (readonly [name: string, value: unknown, expected: readonly unknown[]])[] = [
  ["text", "out of paper", ["Error", "out of paper", null]],
  ["a number", 7, ["Error", "7", null]],
  ["nothing", undefined, ["Error", "undefined", null]],
  ["null", null, ["Error", "null", null]],
  ["a symbol", Symbol("s"), ["Error", "Symbol(s)", null]],
  ["a BigInt, which has no JSON form", 1n, ["Error", "a value of type bigint was thrown", null]],
  ["an object with a code", { code: "E_PAPER", tray: 2 }, [
    "Error",
    '{"code":"E_PAPER","tray":2}',
    "E_PAPER",
  ]],
  ["an error whose code is a number", Object.assign(new Error("x"), { code: 5 }), ["Error", "x", null]],
  [
    "an error whose name is no text",
    Object.defineProperty(new Error("x"), "name", { value: 7 }),
    ["Error", "x", null],
  ],
  [
    "an error whose message is no text",
    Object.defineProperty(new Error("x"), "message", { value: 7 }),
    ["Error", "{}", null],
  ],
  ["an error that cannot be read", shy, ["Error", "{}", null]],
  ["a proxy that cannot be read", closed, ["Error", "a value of type object was thrown", null]],
  ["half a character and NUL", new TypeError("a\ud800b\0c"), ["TypeError", "a\ufffdb\u2400c", null]],
];

for (const [name, value, expected] of thrown) {
  Deno.test(`toFailure() records ${name}`, () => deepEqual(recorded(value), expected));
}

Deno.test("toFailure() cuts long texts and says how long they were", () => {
  const { message } = toFailure(new Error("x".repeat(100_000)), "Pay", 1);
  ok(message.startsWith("x".repeat(65_536)) && message.endsWith(" … (100000 characters)"));
  equal(toFailure("x".repeat(65_536), "Pay", 1).message.length, 65_536);
});

Deno.test("toFailure() makes of anything what every store can keep", () => {
  const anything = fc.oneof(
    fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
    fc.string({ unit: "binary", maxLength: 40 }).map((text) => new Error(text)),
    fc.anything().map((value) => Object.assign(new Error("x"), { code: value, name: value })),
    fc.anything().map((value) => ({ toJSON: () => value })),
  );
  fc.assert(fc.property(anything, (value) => {
    const failure = toFailure(value, "step", 1);
    canonicalJson(failure, "the failure");
    ok(failure.message.length > 0 || value === "" || value instanceof Error);
  }));
});

Deno.test("isRetryable() believes only an error that says no", () => {
  const no = [
    new NonRetryableError("x"),
    new WaitTimeoutError("paid", "7"),
    Object.assign(new Error(), {
      retryable: false,
    }),
  ];
  deepEqual(no.map(isRetryable), [false, false, false]);
  const yes = [
    new Error(),
    Object.assign(new Error(), { retryable: 0 }),
    { retryable: false },
    "no",
    null,
    shy,
  ];
  deepEqual(yes.map(isRetryable), yes.map(() => true));
  equal(isRetryable(closed), true);
});

Deno.test("askedDelay() is what a RetryAfterError asks for, in whole milliseconds of at most ten years", () => {
  const tenYears = 3_650 * 86_400_000;
  const asked: readonly (readonly [delay: number, waits: number])[] = [
    [0, 0],
    [77, 77],
    [77.5, 78],
    [1e-9, 1],
    [tenYears, tenYears],
    [tenYears + 1, tenYears],
    [1e300, tenYears],
    [Infinity, tenYears],
  ];
  for (const [delay, waits] of asked) equal(askedDelay(new RetryAfterError("x", delay)), waits);
  deepEqual([new Error(), { delay: 5 }, undefined, closed, late].map(askedDelay), Array(5).fill(undefined));
});

Deno.test("askedDelay() does not believe a delay that was changed into something else", () => {
  for (const delay of [-1, NaN, "5", null]) {
    const changed = Object.defineProperty(new RetryAfterError("x", 5), "delay", { value: delay });
    equal(askedDelay(changed), undefined);
  }
});

Deno.test("RetryAfterError refuses a delay that is below zero or no number, and says whose it is", () => {
  for (const delay of [-1, -Infinity, NaN, "5" as unknown as number, null as unknown as number]) {
    throws(() => new RetryAfterError("too many requests", delay), {
      name: "InvalidDurationError",
      code: "INVALID_DURATION",
      message: /a RetryAfterError \("too many requests"\) needs milliseconds from 0, received/,
    });
  }
});

const frozenChanges: readonly ((data: Record<string, unknown>) => unknown)[] = [
  (data) => data.total = 5,
  (data) => data.more = 5,
  (data) => delete data.total,
  (data) => Object.defineProperty(data, "more", { value: 5 }),
  (data) => Object.defineProperty(data, "total", { value: 5 }),
  (data) => (data.items as number[]).push(2),
  (data) => (data.items as number[]).sort(),
  (data) => (data.items as number[]).pop(),
];

for (const change of frozenChanges) {
  Deno.test(`${String(change)} on what is frozen is told with the remedy`, () => {
    const data = Object.freeze({ total: 1, items: Object.freeze([3, 1]) });
    try {
      change(data as unknown as Record<string, unknown>);
      ok(false);
    } catch (thrown) {
      const [type, message] = recorded(thrown);
      equal(type, "TypeError");
      match(String(message), /^Cannot .*\(what a step is given is frozen: ctx\.set/);
    }
  });
}

Deno.test("another TypeError is told as it is", () => {
  deepEqual(recorded(new TypeError("Cannot read properties of undefined")), [
    "TypeError",
    "Cannot read properties of undefined",
    null,
  ]);
});
