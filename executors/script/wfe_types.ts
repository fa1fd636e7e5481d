/** The text of `wfe.d.ts`, which a program has at hand wherever it is loaded from. */
export const wfeTypes = `/**
 * What a script step has beside the globals of Deno: for editors, and for \`wfe validate --check\`.
 *
 * @module
 */

declare namespace Wfe {
  /**
   * What an output can be: any JSON value. Refused are \`undefined\`, functions, promises, dates, maps, sets and the
   * like; what else JSON would lose, deeper in, \`setOutput\` refuses when the script runs.
   */
  type Output = string | number | boolean | null | (object & NoInstance);

  /** What plain objects and lists do not have. */
  interface NoInstance {
    /** Promises, maps, sets and arrays of bytes have it. */
    readonly [Symbol.toStringTag]?: undefined;
    /** Dates have it. */
    readonly [Symbol.toPrimitive]?: undefined;
    /** Functions have it. */
    readonly [Symbol.hasInstance]?: undefined;
  }

  /** The run's variables, frozen. */
  // deno-lint-ignore no-explicit-any
  const vars: { readonly [name: string]: any };

  /** How often the step has been started, from 1. */
  const attempt: number;

  /** The same in every attempt of this step of this run. */
  const idempotencyKey: string;

  /**
   * Aborts when the step is ended from outside: by its timeout, by cancel, terminate or shutdown. Then the script has a
   * second to clean up, unless its program says otherwise, and is killed; its step does not succeed any more. A script
   * that never reads \`Wfe.signal\` is killed at once.
   */
  const signal: AbortSignal;

  /** The workflow's data, a copy each time. */
  // deno-lint-ignore no-explicit-any
  function getData<Data = any>(): Data;

  /**
   * Sets an output of the step, which becomes workflow data.
   *
   * @param name a letter or \`_\`, then letters, digits, \`_\` or \`-\`, 128 characters at most
   * @param value any JSON value
   */
  function setOutput<Value extends Output>(name: string, value: Value): void;

  /** Prints to the step's log, as \`console.log\` does; \`console.warn\` and the others of its kind print at their level. */
  function log(...values: unknown[]): void;
}
`;
