import type { LogStream } from "../../src/definition/step_context.ts";
import type { Paint, Style } from "../io.ts";

const styles: Partial<Readonly<Record<LogStream, Style>>> = {
  debug: "dim",
  info: "cyan",
  warn: "yellow",
  error: "red",
};

/** What stands before a line of a log that has a level, like `[warn] `; nothing before what a program printed. */
export function levelSign(stream: LogStream, paint: Paint): string {
  const style = styles[stream];
  return style === undefined ? "" : `${paint(style, `[${stream}]`)} `;
}
