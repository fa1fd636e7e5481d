import { printable } from "./printable.ts";

/** Lines of a table: columns as wide as their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const cells = [head, ...rows.map((row) => row.map(printable))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd());
}

/** A time as people write it, in the local time zone: `2026-07-30 14:05:09`. */
export function localTime(milliseconds: number): string {
  return new Date(milliseconds).toLocaleString("sv-SE");
}
